#include "tls/certificate.h"

#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include "support.h"

namespace pollux::tls {
namespace {

using test::Identity;
using test::Subject;
using test::TemporaryDirectory;

using Clock = std::chrono::system_clock;
using std::chrono::hours;

class CertificateTest : public ::testing::Test {
 protected:
  // The message with which it is refused, or "".
  static std::string refusal(const CertificateFiles& files) {
    try {
      const Certificate certificate(files);
      return {};
    } catch (const Error& error) {
      return error.what();
    }
  }

  const TemporaryDirectory directory_;
  const test::Authority authority_{directory_};
  const CertificateFiles good_ = authority_.issue({.name = "good", .alternatives = "DNS:good.test"});
};

TEST_F(CertificateTest, FilesThatCannotBeUsedAreNamedWithTheirFault) {
  const Identity one = authority_.identity({.name = "one", .alternatives = {}});
  const Identity weak = authority_.identity({.name = "weak", .alternatives = {}, .rsa_bits = 1024});
  const std::string certificate = test::pem(*one.certificate);
  const std::string key = test::pem(*one.key);
  auto file = [this, number = 0](std::string_view octets) mutable {
    return directory_.write("file" + std::to_string(number++), octets);
  };
  const std::string good = file(certificate);
  const std::string good_key = file(key);
  std::string broken = certificate;
  broken[broken.size() / 2] = '!';
  const struct {
    const char* what;
    CertificateFiles files;
    const char* message;  // A part of it; "": not refused.
  } rows[] = {
      {"good", {good, good_key, ""}, ""},
      {"no file", {"/nowhere.pem", good_key, ""}, "cannot read \"/nowhere.pem\": No such file"},
      {"no key file", {good, "/nowhere.pem", ""}, "cannot read \"/nowhere.pem\": No such file"},
      {"no OCSP file", {good, good_key, "/nowhere"}, "cannot read \"/nowhere\": No such file"},
      {"folder", {directory_ / "", good_key, ""}, "Is a directory"},
      {"folder as key", {good, directory_ / "", ""}, "Is a directory"},
      {"endless", {"/dev/zero", good_key, ""}, "no certificate (PEM) in \"/dev/zero\""},
      {"endless key", {good, "/dev/zero", ""}, "no private key (PEM) in \"/dev/zero\""},
      {"endless OCSP", {good, good_key, "/dev/zero"}, "no successful OCSP response (DER) in \"/dev/zero\""},
      {"nothing", {"/dev/null", good_key, ""}, "no certificate (PEM)"},
      {"nothing as key", {good, "/dev/null", ""}, "no private key (PEM)"},
      {"garbage", {file("garbage\n"), good_key, ""}, "no certificate (PEM)"},
      {"too large", {file(std::string(2 << 20, '\n') + certificate), good_key, ""}, "no certificate (PEM)"},
      {"key for certificate", {good_key, good_key, ""}, "no certificate (PEM)"},
      {"certificate for key", {good, good, ""}, "no private key (PEM)"},
      {"broken", {file(broken), good_key, ""}, "cannot be read: "},
      {"broken in its chain", {file(certificate + broken), good_key, ""}, "cannot be read: "},
      {"cut short", {file(certificate.substr(0, certificate.size() / 2)), good_key, ""}, "cannot be read: "},
      {"another's key", {good, good_.private_key, ""}, "is not that of the certificate in"},
      {"passphrase", {good, file(test::pem(*one.key, "secret")), ""}, "is protected by a passphrase"},
      {"OCSP garbage", {good, good_key, file("garbage")}, "no successful OCSP response (DER)"},
      {"key and certificate in one file", {file(key + certificate), file(certificate + key), ""}, ""},
      {"key too small",
       {file(test::pem(*weak.certificate)), file(test::pem(*weak.key)), ""},
       "key too small"},
  };
  for (const auto& row : rows) {
    const std::string message = refusal(row.files);
    EXPECT_NE(message.find(row.message), std::string::npos) << row.what << ": " << message;
    EXPECT_EQ(message.empty(), row.message[0] == '\0') << row.what << ": " << message;
    EXPECT_EQ(ERR_peek_error(), 0U) << row.what << " leaves an error in the thread's queue";
  }
}

TEST_F(CertificateTest, EachFileHasItsOwnProblem) {
  const std::string none = "/nowhere.pem";
  const auto problems = file_problems({none, none, none});
  ASSERT_EQ(problems.size(), 3U);
  EXPECT_EQ(problems[0].file, &CertificateFiles::certificate);
  EXPECT_EQ(problems[1].file, &CertificateFiles::private_key);
  EXPECT_EQ(problems[2].file, &CertificateFiles::ocsp_response);
  EXPECT_TRUE(file_problems(good_).empty());

  const auto swapped = file_problems({good_.private_key, good_.certificate, ""});
  ASSERT_EQ(swapped.size(), 2U);
  for (const FileProblem& problem : swapped) {
    EXPECT_TRUE(problem.message.ends_with("have the two files been swapped?")) << problem.message;
  }
}

TEST_F(CertificateTest, NamesOneOfItsNames) {
  const std::pair<const char*, const char*> rows[] = {
      {"DNS:a.test,DNS:b.test", "a.test"}, {"DNS:*.wild.test", "x.wild.test"}, {"IP:192.0.2.1", ""}};
  for (const auto& [alternatives, name] : rows) {
    EXPECT_EQ(Certificate(authority_.issue({.name = "one", .alternatives = alternatives})).name(), name);
  }
}

TEST_F(CertificateTest, KnowsWhomItIsFor) {
  const Certificate certificate(authority_.issue({.name = "Common.test",
                                                  .alternatives = "DNS:example.test,DNS:*.wild.test,"
                                                                  "DNS:xn--bcher-kva.test,DNS:f*o.part.test,"
                                                                  "IP:192.0.2.1,IP:2001:db8::1"}));
  const struct {
    std::string_view host;
    bool expected;
  } rows[] = {
      {"example.test", true},
      {"EXAMPLE.Test", true},
      {"xn--bcher-kva.test", true},
      {"a.wild.test", true},
      {"wild.test", false},
      {"a.b.wild.test", false},
      {"foo.part.test", false},  // RFC 9525 6.3: a wildcard is a label of its own.
      {"*.wild.test", false},
      {"www.example.test", false},
      {"common.test", false},  // A common name counts only where there is no alternative name.
      {".test", false},        // Not "anything below": that is X509_check_host's own idea.
      {".example.test", false},
      {".wild.test", false},
      {"", false},
      {".", false},
      {"example.test.", true},  // With the dot of the root.
      {"example.test..", false},
      {"a.wild.test.", true},
      {"192.0.2.1.", false},
      {"example.test:443", false},
      {"192.0.2.1", true},
      {"192.0.2.2", false},
      {"192.0.2.01", false},  // Octal to some.
      {"2001:db8::1", true},
      {"2001:DB8:0:0::1", true},
      {"2001:db8::2", false},
      {"[2001:db8::1]", false},
      {std::string_view("example.test\0.other", 19), false},
      {std::string_view("192.0.2.1\0x", 11), false},
  };
  for (const auto& row : rows) EXPECT_EQ(certificate.is_for(row.host), row.expected) << row.host;
}

TEST_F(CertificateTest, IsValidInItsTimeOnly) {
  const Certificate certificate(
      authority_.issue({.name = "c", .alternatives = {}, .begins_in_hours = -5, .ends_in_hours = 5}));
  const auto now = Clock::now();
  EXPECT_EQ(certificate.invalid_at(now), std::nullopt);
  EXPECT_NE(certificate.invalid_at(now + hours(6)).value_or("").find("has expired on"), std::string::npos);
  EXPECT_NE(certificate.invalid_at(now - hours(6)).value_or("").find("is valid only from"),
            std::string::npos);
}

TEST_F(CertificateTest, WarnsOfAMissingChain) {
  const Identity alone = authority_.identity({.name = "alone", .alternatives = "DNS:a.test"});
  const Identity own = test::make_identity({.name = "own", .alternatives = "DNS:a.test"});
  const auto warnings = [this](const Identity& identity) {
    return Certificate({directory_.write("c", test::pem(*identity.certificate)),
                        directory_.write("k", test::pem(*identity.key)),
                        {}})
        .warnings_at(Clock::now());
  };
  ASSERT_EQ(warnings(alone).size(), 1U);
  EXPECT_NE(warnings(alone).front().find("no chain"), std::string::npos);
  EXPECT_TRUE(warnings(own).empty()) << "a certificate that signs itself has no chain";
  EXPECT_TRUE(Certificate(good_).warnings_at(Clock::now()).empty());
}

TEST(Certificate, APipeIsNotWaitedFor) {
  const test::TemporaryDirectory directory;
  const test::Authority authority(directory);
  CertificateFiles files = authority.issue({.name = "a", .alternatives = "DNS:a.test"});
  files.private_key = directory / "pipe";
  ASSERT_EQ(::mkfifo(files.private_key.c_str(), 0600), 0);
  EXPECT_THROW(const Certificate certificate(files), Error);
}

}  // namespace
}  // namespace pollux::tls
