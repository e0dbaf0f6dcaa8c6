// Certificates in files, from the good to the hostile.
#include "tls/certificate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tls/support.h"
#include "tls/client_context.h"

namespace pollux::tls {
namespace {

// What the constructor says against it; % stands for the folder. Empty: nothing.
std::string problem(const TemporaryFolder& folder, const CertificateFiles& files) {
  try {
    const Certificate certificate(files);
    return {};
  } catch (const Error& error) {
    std::string text = error.what();
    const std::string path = folder.file("");
    for (auto at = text.find(path); at != std::string::npos; at = text.find(path))
      text.replace(at, path.size(), "%/");
    return text;
  }
}

TEST(Certificate, FilesThatAreNotGood) {
  const Authority authority;
  const TemporaryFolder& folder = authority.folder();
  const CertificateFiles good = authority.issue("good", "DNS:good.test");
  const CertificateFiles other = authority.issue("other", "DNS:other.test");
  const Issued issued("x", "DNS:x.test");
  const std::string pem = issued.certificate_pem();
  const std::string cut = folder.write("cut.pem", pem.substr(0, pem.size() / 2));
  const std::string broken = folder.write("broken.pem", good.certificate);
  std::string damaged = pem;
  damaged[100] = '!';
  const std::string locked = folder.write("locked.key", issued.key_pem("secret"));
  const std::string noise = folder.write("noise", std::string(100'000, '\xff'));

  const struct {
    CertificateFiles files;
    std::string problem;
  } rows[] = {
      {good, ""},
      {{folder.file("none"), good.private_key, ""}, "cannot read \"%/none\": No such file or directory"},
      {{good.certificate, folder.file("none"), ""}, "cannot read \"%/none\": No such file or directory"},
      {{folder.file(""), good.private_key, ""}, "cannot read \"%/\": Is a directory"},
      {{broken, good.private_key, ""}, "no certificate (PEM) in \"%/broken.pem\""},
      {{noise, good.private_key, ""}, "no certificate (PEM) in \"%/noise\""},
      {{"/dev/zero", good.private_key, ""}, "no certificate (PEM) in \"/dev/zero\""},
      {{folder.write("damaged.pem", damaged), good.private_key, ""},
       "a certificate in \"%/damaged.pem\" cannot be read: bad base64 decode"},
      {{good.certificate, noise, ""}, "no private key (PEM) in \"%/noise\""},
      {{good.certificate, good.certificate, ""}, "no private key (PEM) in \"%/good.pem\""},
      {{good.certificate, other.private_key, ""},
       "the private key in \"%/other.key\" is not that of the certificate in \"%/good.pem\""},
      {{good.certificate, locked, ""}, "the private key in \"%/locked.key\" is protected by a passphrase"},
      {{good.certificate, good.private_key, noise}, "no successful OCSP response (DER) in \"%/noise\""},
      {{good.certificate, good.private_key, folder.file("none")},
       "cannot read \"%/none\": No such file or directory"},
  };
  for (const auto& row : rows) EXPECT_EQ(problem(folder, row.files), row.problem);
  EXPECT_NE(problem(folder, {cut, good.private_key, ""}), "");
}

TEST(Certificate, WhenItIsValid) {
  const Authority authority;
  const auto now = std::chrono::system_clock::now();
  const struct {
    Validity validity;
    std::string problem;  // A part of it; empty: there is none.
  } rows[] = {
      {{-10, 10}, ""},
      {{-10, -1}, "has expired on "},
      {{2, 10}, "is valid only from "},
  };
  for (const auto& row : rows) {
    const Certificate certificate(authority.issue("a", "DNS:a.test", row.validity));
    const auto said = certificate.invalid_at(now);
    EXPECT_EQ(said.has_value(), !row.problem.empty());
    if (said) {
      EXPECT_NE(said->find(row.problem), std::string::npos) << *said;
    }
  }
}

TEST(Certificate, WarnsOfAMissingChain) {
  const Authority authority;
  const TemporaryFolder& folder = authority.folder();
  const Issued alone("alone", "DNS:a.test", &authority.root());
  const Issued self("self", "DNS:a.test");
  const auto files = [&](const std::string& name, const Issued& issued) {
    return CertificateFiles{.certificate = folder.write(name + ".pem", issued.certificate_pem()),
                            .private_key = folder.write(name + ".key", issued.key_pem()),
                            .ocsp_response = {}};
  };
  const auto now = std::chrono::system_clock::now();
  EXPECT_EQ(Certificate(files("alone", alone)).warnings_at(now).size(), 1U);
  EXPECT_EQ(Certificate(files("self", self)).warnings_at(now).size(), 0U) << "there is no chain to be had";
  EXPECT_EQ(Certificate(authority.issue("whole", "DNS:a.test")).warnings_at(now).size(), 0U);
}

TEST(Certificate, WhomItIsFor) {
  const Authority authority;
  const Certificate certificate(authority.issue("a", "DNS:a.test,DNS:*.b.test,IP:192.0.2.1,IP:2001:db8::1"));
  const struct {
    std::string_view host;
    bool good;
  } rows[] = {
      {"a.test", true},
      {"A.TEST", true},
      {"x.a.test", false},
      {"x.b.test", true},
      {"b.test", false},
      {"x.y.b.test", false},
      {"192.0.2.1", true},
      {"192.0.2.2", false},
      {"2001:db8::1", true},
      {"2001:db8::2", false},
      {"", false},
      {"*.b.test", false},
      {std::string_view("a.test\0.evil", 12), false},
  };
  for (const auto& row : rows) EXPECT_EQ(certificate.is_for(row.host), row.good) << row.host;
}

TEST(ClientContext, SaysWhatItCannotTrust) {
  EXPECT_THROW(ClientContext({.ca_file = "/none"}), Error);
  EXPECT_THROW(ClientContext({.ca_file = "/dev/null"}), Error);
  const ClientContext context({});
  EXPECT_NE(context.make_ssl("localhost"), nullptr);
  EXPECT_NE(context.make_ssl("::1"), nullptr);
}

}  // namespace
}  // namespace pollux::tls
