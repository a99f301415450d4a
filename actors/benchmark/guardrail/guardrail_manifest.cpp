#include "actors/benchmark/guardrail/guardrail_manifest.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "messages/timestamp.hpp"
#include "platform/hex.hpp"
#include "platform/read_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <sodium.h>
#include <system_error>
#include <unistd.h>

namespace hive::guardrail {
namespace {

namespace fs = std::filesystem;
using manifest_reader = wire::GuardrailManifest::Reader;

std::string_view view(capnp::Text::Reader text) {
  return {text.begin(), text.size()};
}

// -- hashing -------------------------------------------------------------------

class sha256 {
public:
  sha256() {
    crypto_hash_sha256_init(&state_);
  }

  void add(const void* data, size_t size) {
    crypto_hash_sha256_update(&state_, static_cast<const unsigned char*>(data), size);
  }

  std::string hex() {
    std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
    crypto_hash_sha256_final(&state_, digest.data());
    return hive::to_hex(digest);
  }

private:
  crypto_hash_sha256_state state_;
};

std::string hash_text(std::string_view text) {
  sha256 hash;
  hash.add(text.data(), text.size());
  return hash.hex();
}

caf::expected<std::string> hash_stream(int fd, const work_limit& limit) {
  sha256 hash;
  std::array<char, 65536> buffer;
  while (true) {
    if (auto over = limit.check())
      return over;
    auto got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return fail(ec::unavailable, "cannot be read: " + errno_text(errno));
    if (got == 0)
      return hash.hex();
    hash.add(buffer.data(), static_cast<size_t>(got));
  }
}

// -- the guarded directory -----------------------------------------------------

/// Relative, without `.`, `..`, empty or unprintable parts: one spelling per file, and no escape from the root.
bool is_inner_path(std::string_view path) {
  if (path.empty())
    return false;
  auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  if (std::any_of(path.begin(), path.end(), is_control))
    return false;
  while (true) {
    auto end = path.find('/');
    auto part = path.substr(0, end);
    if (part.empty() || part == "." || part == "..")
      return false;
    if (end == std::string_view::npos)
      return true;
    path.remove_prefix(end + 1);
  }
}

/// Hashes files below one directory; rejects paths that lead out of it.
class guarded_directory {
public:
  explicit guarded_directory(const fs::path& path) {
    auto absolute = fs::current_path() / path;
    std::error_code error;
    root_ = fs::weakly_canonical(absolute, error);
    if (error)
      root_ = absolute;
  }

  /// The file's SHA-256 as hex. Error texts do not name the file.
  caf::expected<std::string> hash(std::string_view inner, const work_limit& limit) const {
    if (!is_inner_path(inner))
      return fail(ec::invalid, "is not a plain path relative to the root");
    auto file = open_regular_file(root_ / inner);
    if (!file)
      return file.error();
    if (!holds(file->fd.get()))
      return fail(ec::invalid, "leaves the root through a symbolic link");
    return hash_stream(file->fd.get(), limit);
  }

private:
  /// Asks the kernel for the location of the open file, so that no link can be swapped between check and use.
  bool holds(int fd) const {
    std::error_code error;
    auto actual = fs::read_symlink("/proc/self/fd/" + std::to_string(fd), error);
    if (error)
      return false;
    auto [end, unused] = std::mismatch(root_.begin(), root_.end(), actual.begin(), actual.end());
    return end == root_.end();
  }

  fs::path root_;
};

// -- the signed form -----------------------------------------------------------

template <class List, class Key>
auto sorted(List list, Key key) {
  std::vector<decltype(list[0])> out;
  for (auto entry : list)
    out.push_back(entry);
  std::stable_sort(out.begin(), out.end(), [&](auto a, auto b) { return view(key(a)) < view(key(b)); });
  return out;
}

/// Copies all but the signature in canonical form: lists sorted by key, nothing empty.
void copy_content(manifest_reader from, wire::GuardrailManifest::Builder to) {
  if (from.getRoot().size() > 0)
    to.setRoot(from.getRoot());
  if (from.getPublicKey().size() > 0)
    to.setPublicKey(from.getPublicKey());
  to.setSignedAt(from.getSignedAt());
  if (auto files = sorted(from.getFiles(), [](auto file) { return file.getPath(); }); !files.empty()) {
    auto list = to.initFiles(static_cast<uint32_t>(files.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.setWithCaveats(i, files[i]);
  }
  if (auto patterns = sorted(from.getPatterns(), [](auto body) { return body.getName(); }); !patterns.empty()) {
    auto list = to.initPatterns(static_cast<uint32_t>(patterns.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.setWithCaveats(i, patterns[i]);
  }
}

kj::Array<capnp::word> signed_form(manifest_reader manifest) {
  capnp::MallocMessageBuilder scratch;
  auto content = scratch.initRoot<wire::GuardrailManifest>();
  copy_content(manifest, content);
  return capnp::canonicalize(content.asReader());
}

std::string_view bytes_of(const kj::Array<capnp::word>& words) {
  auto bytes = words.asChars();
  return {bytes.begin(), bytes.size()};
}

// -- building ------------------------------------------------------------------

caf::expected<std::map<std::string, std::string>> hash_files(const fs::path& directory,
                                                             std::span<const std::string> files) {
  guarded_directory guarded{directory};
  std::map<std::string, std::string> out;
  for (const auto& file : files) {
    auto hash = guarded.hash(file, {});
    if (!hash)
      return fail(code_of(hash.error()), file + " " + text_of(hash.error()));
    if (!out.emplace(file, std::move(*hash)).second)
      return fail(ec::invalid, file + " is listed twice in the files");
  }
  return out;
}

caf::expected<std::map<std::string, std::string>> index_patterns(std::span<const pattern> patterns) {
  std::map<std::string, std::string> out;
  for (const auto& [name, body] : patterns)
    if (!out.emplace(name, body).second)
      return fail(ec::invalid, "pattern " + name + " is listed twice in the patterns");
  return out;
}

// -- verifying -----------------------------------------------------------------

void check_signature(manifest_reader manifest, const public_key& trusted, verification& out) {
  if (manifest.getSignature().size() == 0) {
    out.findings.push_back({"manifest", "is not signed"});
    return;
  }
  if (view(manifest.getPublicKey()) != to_hex(trusted))
    out.findings.push_back({"manifest", "was signed with the key " + printable(view(manifest.getPublicKey())) +
                                          ", trusted is " + to_hex(trusted)});
  signature_bytes signature{};
  auto words = signed_form(manifest);
  bool valid = from_hex(view(manifest.getSignature()), signature) && is_signed_by(trusted, bytes_of(words), signature);
  if (!valid)
    out.findings.push_back({"manifest", "has a signature that does not match its content"});
}

caf::error check_files(manifest_reader manifest, const fs::path& base, const work_limit& limit, verification& out) {
  guarded_directory guarded{base / std::string{view(manifest.getRoot())}};
  for (auto file : manifest.getFiles()) {
    auto hash = guarded.hash(view(file.getPath()), limit);
    // A cancellation is not the file's fault.
    if (auto over = limit.check())
      return over;
    ++out.files;
    if (!hash)
      out.findings.push_back({printable(view(file.getPath())), text_of(hash.error())});
    else if (*hash != view(file.getSha256()))
      out.findings.push_back({printable(view(file.getPath())), "has changed"});
  }
  return caf::none;
}

void check_patterns(manifest_reader manifest, verification& out) {
  for (auto body : manifest.getPatterns()) {
    ++out.patterns;
    if (hash_text(view(body.getBody())) != view(body.getSha256()))
      out.findings.push_back({"pattern " + printable(view(body.getName())), "has changed"});
  }
}

} // namespace

caf::expected<msg<wire::GuardrailManifest>> build_manifest(const fs::path& directory,
                                                           std::span<const std::string> files,
                                                           std::span<const pattern> patterns, std::string_view root) {
  if (files.empty() && patterns.empty())
    return fail(ec::invalid, "a manifest without files and patterns would guard nothing");
  auto hashes = hash_files(directory, files);
  if (!hashes)
    return hashes.error();
  auto bodies = index_patterns(patterns);
  if (!bodies)
    return bodies.error();
  auto manifest = msg<wire::GuardrailManifest>::build([&](auto out) {
    out.setRoot(std::string{root});
    uint32_t i = 0;
    auto file_list = out.initFiles(static_cast<uint32_t>(hashes->size()));
    for (const auto& [path, hash] : *hashes) {
      file_list[i].setPath(path);
      file_list[i++].setSha256(hash);
    }
    i = 0;
    auto pattern_list = out.initPatterns(static_cast<uint32_t>(bodies->size()));
    for (const auto& [name, body] : *bodies) {
      pattern_list[i].setName(name);
      pattern_list[i].setBody(body);
      pattern_list[i++].setSha256(hash_text(body));
    }
  });
  // Applies the rules for manifests read from files to this one too.
  return msg<wire::GuardrailManifest>::load(manifest.bytes());
}

msg<wire::GuardrailManifest> sign(const msg<wire::GuardrailManifest>& manifest, const key_pair& key) {
  capnp::MallocMessageBuilder scratch;
  auto out = scratch.initRoot<wire::GuardrailManifest>();
  copy_content(*manifest, out);
  out.setSignedAt(now_unix_micros());
  out.setPublicKey(to_hex(key.public_part()));
  auto words = signed_form(out.asReader());
  out.setSignature(to_hex(key.sign(bytes_of(words))));
  return msg<wire::GuardrailManifest>::adopt(scratch);
}

caf::error write_manifest(const fs::path& path, const msg<wire::GuardrailManifest>& manifest) {
  auto text = to_pretty_json(manifest) + '\n';
  auto draft = path;
  draft += ".new";
  auto failed = [&](int error) {
    ::unlink(draft.c_str());
    return fail(ec::unavailable, path.string() + " cannot be written: " + errno_text(error));
  };
  unique_fd fd{::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)};
  if (!fd)
    return failed(errno);
  for (std::string_view rest{text}; !rest.empty();) {
    auto written = ::write(fd.get(), rest.data(), rest.size());
    if (written < 0)
      return failed(errno);
    rest.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(fd.get()) != 0 || ::rename(draft.c_str(), path.c_str()) != 0)
    return failed(errno);
  return caf::none;
}

caf::expected<msg<wire::GuardrailManifest>> read_manifest(const fs::path& path) {
  auto text = read_file(path, defaults::max_document_bytes);
  if (!text)
    return text.error();
  auto manifest = from_json<wire::GuardrailManifest>(*text);
  if (!manifest)
    return fail(code_of(manifest.error()), path.string() + ": " + text_of(manifest.error()));
  return manifest;
}

caf::expected<verification> verify(const fs::path& manifest_path, const public_key& trusted, const work_limit& limit) {
  auto manifest = read_manifest(manifest_path);
  if (!manifest)
    return manifest.error();
  auto content = **manifest;
  if (content.getFiles().size() == 0 && content.getPatterns().size() == 0)
    return fail(ec::invalid, manifest_path.string() + " guards neither files nor patterns");
  if (fs::path{std::string{view(content.getRoot())}}.is_absolute())
    return fail(ec::invalid, manifest_path.string() + ": /root must be relative to the manifest");
  verification out;
  check_signature(content, trusted, out);
  if (auto over = check_files(content, manifest_path.parent_path(), limit, out))
    return over;
  check_patterns(content, out);
  return out;
}

} // namespace hive::guardrail
