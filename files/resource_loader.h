// Finds the file at a path of the site and makes the resource of it: type, header lines by the site's rules,
// and the variants that are stored beside the file.
//
// Thread: any, several at once.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file_version.h"
#include "base/sendfile.h"
#include "base/unique_fd.h"
#include "compress/coding.h"
#include "files/document_root.h"
#include "files/file_rules.h"
#include "files/resource.h"
#include "files/tick_wait.h"
#include "files/type_table.h"

namespace pollux::files {

struct ResourceOptions {
  std::vector<std::string> index = {};  // File names tried in a directory, in order.
  std::string cache_control = {};       // For all files; empty: none.
  bool precompressed = false;           // Look for variants beside the file: NAME.br, NAME.zst, NAME.gz.
  bool compress = false;                // Variants will be made.
  Sendfile sendfile = Sendfile::kOff;
  const TypeTable* types = nullptr;  // nullptr: the built-in one. Must outlive the loader.
  FileRules* rules = nullptr;        // nullptr: no rules. Must outlive the loader.
};

class ResourceLoader {
 public:
  // Throws like DocumentRoot.
  ResourceLoader(const std::string& root, ResourceOptions options)
      : site_(std::make_unique<Site>(root, options.rules)), options_(std::move(options)) {}

  // `path`: decoded and normalised (http/uri.h). Opens and reads, so it may block on the disk; for a large
  // file that has just been changed it may wait for a tick (files/tick_wait.h). Returns `known` if the path
  // still leads to that version. Thread: any.
  [[nodiscard]] std::shared_ptr<const Resource> load(std::string_view path,
                                                     const std::shared_ptr<const Resource>& known,
                                                     TimePoint now) const;

  // Resources loaded in an earlier generation belong to another site (DocumentRoot::generation()) or to old
  // rules. Thread: any.
  [[nodiscard]] std::uint64_t generation(TimePoint now) const {
    const std::uint64_t of_root = site_->root.generation(now);  // Checks the rules, too.
    return of_root + (options_.rules == nullptr ? 0 : options_.rules->generation());
  }

  // See DocumentRoot::there(). Thread: any.
  [[nodiscard]] bool root_is_there(TimePoint now) const { return site_->root.there(now); }

  [[nodiscard]] const DocumentRoot& root() const { return site_->root; }

 private:
  // Allocated separately, so that a loader can be moved.
  struct Site {
    Site(const std::string& directory, FileRules* rules) : root(directory, rules) {}
    DocumentRoot root;
    TickWait ticks;
  };

  // A file that was found, with its status.
  struct Found {
    std::string path;  // The file's own.
    UniqueFd fd;
    struct stat status;
  };
  [[nodiscard]] Resource::Kind find(std::string_view path, Found& found) const;
  [[nodiscard]] std::shared_ptr<const Resource> make_file(std::string_view path, Found& found,
                                                          TimePoint now) const;

  // A variant beside a file. It keeps no descriptor.
  struct Sibling {
    UniqueFd fd;
    struct stat status;
    bool older = false;  // Than the file.
  };
  [[nodiscard]] Sibling open_sibling(const std::string& path, compress::Coding coding,
                                     const struct stat& of) const;
  void add_siblings(Resource& resource, const Found& found, TimePoint now) const;
  [[nodiscard]] bool siblings_changed(const Resource& known, const std::string& path) const;
  [[nodiscard]] std::shared_ptr<const FileVersion> load_version(UniqueFd fd, std::int64_t size,
                                                                TimePoint now) const;

  std::unique_ptr<Site> site_;
  const ResourceOptions options_;
};

}  // namespace pollux::files
