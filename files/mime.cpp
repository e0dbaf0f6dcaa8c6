#include "files/mime.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "http/chars.h"
#include "http/lists.h"

namespace pollux::files {

namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kTextTree = "text/";

// One media type with its extensions in lower case, separated by single spaces. The compiler makes a sorted
// table of them, which is searched.
struct Row {
  std::string_view type;
  std::string_view keys;
};

// The table of Apache and nginx, as npm's mime-db has collected it.
constexpr Row kMimeDb[] = {
#include "files/mime_db.inc"
};

// Exceptions from mime-db. The compiler checks that mime-db has each of these extensions.
constexpr Row kExceptions[] = {
    // Source code is read in the browser. Firefox shows text/plain, but downloads a text/x-c; every browser
    // downloads application/x-sh.
    {kText, "asm s c cc cpp cxx h hh f f77 f90 for java pas pl pm tcl sh csh bat"},
    {kText, "cu"},  // CUDA; mime-db means CU-SeeMe, of 1992.
    {"text/x-tex; charset=utf-8", "tex"},

    // Types that IANA has registered since Apache chose a name with x-.
    {"audio/flac", "flac"},                // RFC 9639
    {"audio/matroska", "mka"},             // RFC 9559
    {"video/matroska", "mkv mk3d"},        // RFC 9559
    {"text/vcard; charset=utf-8", "vcf"},  // RFC 6350
    {"application/pkcs12", "p12 pfx"},     // RFC 7292
    {"application/vnd.comicbook+zip", "cbz"},
    {"application/vnd.comicbook-rar", "cbr"},
    {"application/vnd.debian.binary-package", "deb udeb"},
};

// Types that mime-db does not mark as served by Apache or nginx, by kind. The compiler checks that it does
// not.
constexpr Row kOurs[] = {
    // The web.
    {"text/html; charset=utf-8", "html htm shtml"},
    {"text/css; charset=utf-8", "css"},
    {"text/javascript; charset=utf-8", "mjs cjs"},  // RFC 9239
    {"application/json; charset=utf-8", "json map har webapp topojson"},
    {"application/json5; charset=utf-8", "json5"},
    {"application/jsonc; charset=utf-8", "jsonc"},
    {"application/ld+json; charset=utf-8", "jsonld"},
    {"application/geo+json; charset=utf-8", "geojson"},
    {"application/manifest+json; charset=utf-8", "webmanifest"},
    {"application/schema+json; charset=utf-8", "jschema"},
    {"application/feed+json; charset=utf-8", "jsonfeed"},
    {"model/gltf+json; charset=utf-8", "gltf"},
    {"application/xhtml+xml; charset=utf-8", "xhtml xht"},
    {"application/xml; charset=utf-8", "xml xsd xsl rng"},
    {"application/xslt+xml; charset=utf-8", "xslt"},
    {"application/xml-dtd; charset=utf-8", "dtd"},
    {"application/atom+xml; charset=utf-8", "atom"},
    {"application/rdf+xml; charset=utf-8", "rdf"},
    {"application/mathml+xml; charset=utf-8", "mathml"},
    {"application/dash+xml; charset=utf-8", "mpd"},
    {"application/ttml+xml; charset=utf-8", "ttml dfxp"},
    {"application/vnd.google-earth.kml+xml; charset=utf-8", "kml"},
    {"application/opensearchdescription+xml; charset=utf-8", "osdx"},
    {"application/wasm", "wasm"},
    {"text/cache-manifest; charset=utf-8", "appcache manifest"},
    {"text/vtt; charset=utf-8", "vtt"},
    {"text/event-stream; charset=utf-8", "sse"},

    // Text that is read.
    {kText, "txt text log conf cfg cnf ini env properties list def diff patch rst adoc asc me"},
    {kText, "ass ssa sha1 sha256 sha512 md5"},
    {"text/markdown; charset=utf-8", "md markdown mkd"},
    {"text/mdx; charset=utf-8", "mdx"},
    {"text/csv; charset=utf-8", "csv"},
    {"text/tab-separated-values; charset=utf-8", "tsv tab"},
    {"text/calendar; charset=utf-8", "ics ifb"},
    {"text/vcard; charset=utf-8", "vcard"},
    {"text/richtext; charset=utf-8", "rtx"},
    {"text/sgml; charset=utf-8", "sgml sgm"},
    {"text/turtle; charset=utf-8", "ttl"},
    {"text/n3; charset=utf-8", "n3"},
    {"text/troff; charset=utf-8", "t tr roff"},
    {"text/vnd.graphviz; charset=utf-8", "gv dot"},
    {"application/yaml; charset=utf-8", "yaml yml"},  // RFC 9512
    {"application/toml; charset=utf-8", "toml"},
    {"application/jsonl; charset=utf-8", "jsonl ndjson"},
    {"application/n-triples; charset=utf-8", "nt"},

    // Source code.
    {kText, "c++ hpp hxx h++ inl ipp ixx cppm cl m mm swift rs go zig nim d mod sum"},
    {kText, "kt kts scala groovy gradle clj cljs cljc edn cs fs fsx vb f95 f03 pp dpr"},
    {kText, "py pyi pyw pyx ipynb rb erb rake gemspec pod php lua r jl hs lhs elm ml mli ex exs"},
    {kText, "erl hrl lisp lsp el scm rkt ada adb ads cob v sv svh vhd vhdl glsl vert frag hlsl wgsl"},
    {kText, "bash zsh fish ksh ps1 psm1 cmd awk sed vim mk mak cmake ninja am in ac m4 y yy lex"},
    {kText, "proto thrift graphql gql scss sass less styl coffee vue svelte astro jsx tsx cts tf hcl nix"},
    {kText, "dockerfile lock po pot"},
    {"text/x-tex; charset=utf-8", "ltx sty cls bib"},

    // Fonts (RFC 8081).
    {"font/woff", "woff"},
    {"font/woff2", "woff2"},
    {"font/ttf", "ttf"},
    {"font/otf", "otf"},
    {"font/collection", "ttc"},
    {"application/vnd.ms-fontobject", "eot"},

    // Images.
    {"image/svg+xml; charset=utf-8", "svg"},
    {"image/svg+xml", "svgz"},
    {"image/png", "png"},
    {"image/apng", "apng"},
    {"image/jpeg", "jpg jpeg jpe jfif pjpeg pjp"},
    {"image/gif", "gif"},
    {"image/webp", "webp"},
    {"image/avif", "avif avifs"},
    {"image/jxl", "jxl"},
    {"image/heic", "heic"},
    {"image/heif", "heif"},
    {"image/jp2", "jp2 jpg2"},
    {"image/jpx", "jpx jpf"},
    {"image/bmp", "dib"},
    {"image/tiff", "tif tiff"},
    {"image/vnd.microsoft.icon", "cur"},
    {"image/vnd.adobe.photoshop", "psd"},
    {"image/vnd.djvu", "djvu djv"},
    {"image/vnd.wap.wbmp", "wbmp"},
    {"image/vnd.dxf", "dxf"},
    {"image/vnd.radiance", "hdr"},
    {"image/aces", "exr"},
    {"image/ktx", "ktx"},
    {"image/ktx2", "ktx2"},
    {"image/vnd.ms-dds", "dds"},
    {"image/qoi", "qoi"},
    {"image/x-xcf", "xcf"},

    // Audio.
    {"audio/mpeg", "mp3 mp2 mpga"},
    {"audio/mp4", "m4b"},
    {"audio/aac", "adts"},
    {"audio/ogg", "ogg oga spx opus"},
    {"audio/wav", "wave"},
    {"audio/basic", "au snd"},
    {"audio/amr", "amr"},
    {"audio/x-scpls", "pls"},

    // Video.
    {"video/mp4", "mp4 mp4v"},
    {"video/ogg", "ogv"},
    {"video/mpeg", "mpg mpeg mpe m1v m2v"},
    {"video/mp2t", "ts m2ts mts"},  // Not TypeScript: browsers cannot run that, but do play HLS segments.
    {"video/iso.segment", "m4s"},
    {"video/quicktime", "mov qt"},
    {"video/3gpp", "3gp 3gpp"},
    {"video/3gpp2", "3g2"},
    {"application/ogg", "ogx"},
    {"application/vnd.apple.mpegurl", "m3u8"},

    // 3D models.
    {"model/gltf-binary", "glb"},
    {"model/mtl", "mtl"},
    {"model/3mf", "3mf"},
    {"model/vnd.usdz+zip", "usdz"},

    // Archives and packages.
    {"application/gzip", "gz tgz"},
    {"application/zip", "zip"},
    {"application/zstd", "zst tzst"},
    {"application/x-brotli", "br"},
    {"application/x-bzip2", "tbz tbz2"},
    {"application/x-xz", "txz"},
    {"application/x-lzip", "lz tlz"},
    {"application/x-lzma", "lzma"},
    {"application/x-compress", "z"},
    {"application/vnd.ms-cab-compressed", "cab"},
    {"application/vnd.debian.binary-package", "ddeb"},
    {"application/java-archive", "jar war ear"},
    {"application/vnd.flatpak", "flatpak"},
    {"application/vnd.snap", "snap"},
    {"application/x-chrome-extension", "crx"},

    // Documents.
    {"application/pdf", "pdf"},
    {"application/postscript", "ps eps ai"},
    {"application/rtf", "rtf"},
    {"application/epub+zip", "epub"},
    {"application/msword", "doc"},
    {"application/vnd.ms-excel", "xls xlt"},
    {"application/vnd.ms-powerpoint", "ppt pps"},
    {"application/vnd.visio", "vsd"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.template", "dotx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.template", "xltx"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"},
    {"application/vnd.openxmlformats-officedocument.presentationml.slideshow", "ppsx"},
    {"application/vnd.openxmlformats-officedocument.presentationml.template", "potx"},
    {"application/vnd.ms-word.document.macroEnabled.12", "docm"},
    {"application/vnd.ms-word.template.macroEnabled.12", "dotm"},
    {"application/vnd.ms-excel.sheet.macroEnabled.12", "xlsm"},
    {"application/vnd.ms-excel.template.macroEnabled.12", "xltm"},
    {"application/vnd.ms-excel.addin.macroEnabled.12", "xlam"},
    {"application/vnd.ms-excel.sheet.binary.macroEnabled.12", "xlsb"},
    {"application/vnd.ms-powerpoint.presentation.macroEnabled.12", "pptm"},
    {"application/vnd.ms-powerpoint.slideshow.macroEnabled.12", "ppsm"},
    {"application/vnd.ms-powerpoint.template.macroEnabled.12", "potm"},
    {"application/vnd.oasis.opendocument.text", "odt"},
    {"application/vnd.oasis.opendocument.text-template", "ott"},
    {"application/vnd.oasis.opendocument.spreadsheet", "ods"},
    {"application/vnd.oasis.opendocument.presentation", "odp"},
    {"application/vnd.oasis.opendocument.graphics", "odg"},
    {"application/vnd.oasis.opendocument.formula", "odf"},
    {"application/vnd.google-earth.kmz", "kmz"},
    {"application/oxps", "oxps"},
    {"application/vnd.ms-xpsdocument", "xps"},
    {"application/vnd.ms-htmlhelp", "chm"},
    {"message/rfc822", "eml mht mhtml"},
    {"application/mbox", "mbox"},

    // Data and programs.
    {"application/vnd.sqlite3", "sqlite sqlite3"},
    {"application/vnd.apache.parquet", "parquet"},
    {"application/vnd.apache.arrow.file", "arrow"},
    {"application/cbor", "cbor"},
    {"application/vnd.mapbox-vector-tile", "mvt"},
    {"application/x-protobuf", "pbf"},
    {"application/x-apple-aspen-config", "mobileconfig"},
    {"application/vnd.apple.pkpass", "pkpass"},
    {"application/vnd.apple.pkpasses", "pkpasses"},
    {"application/x-x509-ca-cert", "crt der cer pem"},
    {"application/pkcs10", "p10 csr"},
    {"application/pkix-crl", "crl"},
    {"application/pgp-signature", "sig"},
    {"application/pgp-encrypted", "gpg pgp"},
    {kOctetStream, "bin so dylib a o img msm msp dat dump db pyc npy npz pkl pak"},
};

// The same with whole names of files that have no extension.
constexpr Row kNames[] = {
    {kText,
     "readme license licence license-mit license-apache unlicense copying copyright notice patents authors"},
    {kText,
     "contributors contributing maintainers codeowners thanks changelog changes history news releases todo"},
    {kText, "install version faq bugs security manifest cname keys md5sums sha1sums sha256sums sha512sums"},
    {kText,
     "makefile gnumakefile dockerfile containerfile vagrantfile jenkinsfile procfile gemfile rakefile"},
    {kText, "podfile fastfile brewfile justfile caddyfile kconfig doxyfile"},
    {"application/json; charset=utf-8", "apple-app-site-association openid-configuration"},
};

struct Entry {
  std::string_view key;
  std::string_view type;
};

constexpr bool before(const Entry& a, const Entry& b) { return a.key < b.key; }

template <const auto& kRows>
constexpr auto sorted() {
  constexpr std::size_t kEntries = [] {
    std::size_t count = 0;
    for (const Row& row : kRows)
      count += 1 + static_cast<std::size_t>(std::count(row.keys.begin(), row.keys.end(), ' '));
    return count;
  }();
  std::array<Entry, kEntries> table{};
  std::size_t next = 0;
  for (const Row& row : kRows) {
    std::string_view rest = row.keys;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      table[next++] = {rest.substr(0, end), row.type};
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  std::sort(table.begin(), table.end(), before);
  return table;
}

constexpr auto kFromMimeDb = sorted<kMimeDb>();
constexpr auto kExcepted = sorted<kExceptions>();
constexpr auto kOwn = sorted<kOurs>();
constexpr auto kByName = sorted<kNames>();
static_assert(std::includes(kFromMimeDb.begin(), kFromMimeDb.end(), kExcepted.begin(), kExcepted.end(),
                            before));

constexpr auto kByExtension = [] {
  std::array<Entry, kFromMimeDb.size()> served{};  // Of two with one key, set_union() takes the first.
  std::set_union(kExcepted.begin(), kExcepted.end(), kFromMimeDb.begin(), kFromMimeDb.end(), served.begin(),
                 before);
  std::array<Entry, served.size() + kOwn.size()> table{};
  std::merge(served.begin(), served.end(), kOwn.begin(), kOwn.end(), table.begin(), before);
  return table;
}();

constexpr std::size_t kLongest = 32;  // Octets of a key.

// Strictly ascending: sorted, and no key twice. A stray space would make empty ones.
constexpr bool is_sound(std::span<const Entry> table) {
  const auto disorder = [](const Entry& a, const Entry& b) { return !before(a, b); };
  const auto fits = [](const Entry& entry) { return entry.key.size() <= kLongest; };
  return !table.front().key.empty() && std::all_of(table.begin(), table.end(), fits) &&
         std::adjacent_find(table.begin(), table.end(), disorder) == table.end();
}
static_assert(is_sound(kByExtension) && is_sound(kByName));

std::string_view find(std::span<const Entry> table, std::string_view key) {
  if (key.size() > kLongest) return kOctetStream;
  std::array<char, kLongest> lower{};
  std::transform(key.begin(), key.end(), lower.begin(), http::to_lower);
  const Entry wanted{{lower.data(), key.size()}, {}};
  const auto found = std::lower_bound(table.begin(), table.end(), wanted, before);
  return found != table.end() && found->key == wanted.key ? found->type : kOctetStream;
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0.
}

}  // namespace

std::string_view content_type(std::string_view file_name) {
  const std::string_view name = base_name(file_name);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return find(kByName, name);
  return dot == 0 ? kOctetStream : find(kByExtension, name.substr(dot + 1));
}

bool is_text(std::string_view media_type) {
  const auto is_said_to_be = [media_type](const Entry& entry) {
    return entry.type.ends_with(kCharsetUtf8) &&
           http::equals_ignoring_case(entry.type.substr(0, entry.type.size() - kCharsetUtf8.size()),
                                      media_type);
  };
  return http::equals_ignoring_case(media_type.substr(0, kTextTree.size()), kTextTree) ||
         http::ends_with_ignoring_case(media_type, "+xml") ||
         http::ends_with_ignoring_case(media_type, "+json") ||
         std::any_of(kByExtension.begin(), kByExtension.end(), is_said_to_be);
}

std::string_view content_encoding(std::string_view file_name, std::string_view beginning) {
  if (!beginning.starts_with("\x1F\x8B")) return {};
  for (const std::string_view extension : {".svgz", ".mvt", ".pbf"}) {
    if (http::ends_with_ignoring_case(file_name, extension)) return "gzip";
  }
  return {};
}

}  // namespace pollux::files
