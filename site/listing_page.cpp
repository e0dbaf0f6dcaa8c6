#include "site/listing_page.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

namespace pollux::site {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;

DirectoryStream open_stream(const files::DocumentRoot& root, std::string_view path) {
  UniqueFd fd = root.open(path);
  if (!fd) return nullptr;
  if ((::fcntl(fd.get(), F_GETFL) & O_PATH) != 0) {  // It may be entered, but not read.
    errno = EACCES;
    return nullptr;
  }
  DirectoryStream stream(::fdopendir(fd.get()));
  if (stream) (void)fd.release();
  return stream;
}

// Collects the entries of one page: the first `size` in the query's order after its cursor, and one more.
class FirstEntries {
 public:
  FirstEntries(const ListingQuery& query, std::size_t size) : query_(query), size_(size) {}

  [[nodiscard]] bool wants(const ListingEntry& entry) const {
    if (query_.after && !query_.before(*query_.after, entry)) return false;
    return heap_.size() <= size_ || query_.before(entry, heap_.front());
  }

  // REQUIRES: wants(entry).
  void add(ListingEntry entry) {
    const auto order = [this](const ListingEntry& a, const ListingEntry& b) { return query_.before(a, b); };
    heap_.push_back(std::move(entry));
    std::push_heap(heap_.begin(), heap_.end(), order);
    if (heap_.size() <= size_ + 1) return;
    std::pop_heap(heap_.begin(), heap_.end(), order);
    heap_.pop_back();
  }

  // The last call.
  [[nodiscard]] ListingPage take() {
    std::sort(heap_.begin(), heap_.end(),
              [this](const ListingEntry& a, const ListingEntry& b) { return query_.before(a, b); });
    const bool more = heap_.size() > size_;
    if (more) heap_.pop_back();
    return {.entries = std::move(heap_), .more = more};
  }

 private:
  const ListingQuery& query_;
  const std::size_t size_;
  std::vector<ListingEntry> heap_;  // Its front is the last in order.
};

// One directory while it is read.
class ListedDirectory {
 public:
  ListedDirectory(const files::DocumentRoot& root, std::string_view path, int fd,
                  const ListingOptions& options)
      : root_(root), path_(path), fd_(fd), options_(options) {}

  [[nodiscard]] bool may_list(std::string_view name) const {
    if (name == "." || name == "..") return false;
    if (name.starts_with('.') && !options_.hidden && !(path_ == "/" && name == ".well-known")) return false;
    const auto is_it = [&](std::string_view path) {
      return path.starts_with(path_) && path.substr(path_.size()) == name;
    };
    return std::none_of(options_.private_paths.begin(), options_.private_paths.end(), is_it);
  }

  // std::nullopt: it is no file or directory of the site, or no longer exists.
  [[nodiscard]] std::optional<ListingEntry> look_at(const char* name) const {
    struct stat status {};
    if (!get_status(name, status)) return std::nullopt;
    const bool directory = S_ISDIR(status.st_mode);
    if (!directory && !S_ISREG(status.st_mode)) return std::nullopt;
    return ListingEntry{.name = name,
                        .directory = directory,
                        .size = directory ? 0 : std::int64_t{status.st_size},
                        .modified = std::chrono::sys_seconds(std::chrono::seconds(status.st_mtim.tv_sec))};
  }

  // Whether a client could get it.
  [[nodiscard]] bool can_serve(const ListingEntry& entry) const {
    return ::faccessat(fd_, entry.name.c_str(), entry.directory ? X_OK : R_OK, AT_EACCESS) == 0;
  }

 private:
  [[nodiscard]] bool get_status(const char* name, struct stat& status) const {
    if (::fstatat(fd_, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (!S_ISLNK(status.st_mode)) return true;
    const UniqueFd target = root_.open(path_ + name);  // Only the kernel knows where it leads.
    return target && ::fstat(target.get(), &status) == 0;
  }

  const files::DocumentRoot& root_;
  const std::string path_;
  const int fd_;
  const ListingOptions& options_;
};

// The entry as far as it is known without a system call; std::nullopt: that does not decide its position.
std::optional<ListingEntry> known_place(const dirent& found, const ListingQuery& query) {
  if (query.sort != ListingQuery::Sort::kName || (found.d_type != DT_REG && found.d_type != DT_DIR))
    return std::nullopt;
  return ListingEntry{.name = found.d_name, .directory = found.d_type == DT_DIR};
}

}  // namespace

std::optional<ListingPage> read_listing_page(const files::DocumentRoot& root, std::string_view path,
                                             const ListingQuery& query, const ListingOptions& options) {
  const DirectoryStream stream = open_stream(root, path);
  if (!stream) return std::nullopt;
  const ListedDirectory directory(root, path, ::dirfd(stream.get()), options);
  FirstEntries first(query, options.page_size);
  bool incomplete = false;
  for (std::size_t looks = 0;; ++looks) {
    errno = 0;
    const dirent* found = ::readdir(stream.get());
    incomplete = found != nullptr ? looks >= options.max_looks : errno != 0;
    if (found == nullptr || incomplete) break;
    if (!directory.may_list(found->d_name)) continue;
    const auto place = known_place(*found, query);
    if (place && !first.wants(*place)) continue;
    auto entry = directory.look_at(found->d_name);
    if (entry && first.wants(*entry) && directory.can_serve(*entry)) first.add(std::move(*entry));
  }
  ListingPage page = first.take();
  page.incomplete = incomplete;
  return page;
}

}  // namespace pollux::site
