#include "apps/hive_fetch/command_line.hpp"

#include "messages/ec.hpp"
#include "messages/install.capnp.h"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "platform/fetch_url.hpp"
#include "platform/http_client.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <malloc.h>
#include <new>
#include <sys/resource.h>

namespace hive::fetch {
namespace {

constexpr int wrong_usage = 64;
/// Address space. libgit2 inflates what a repository sends before anything can be asked about its size: a megabyte can
/// become a gigabyte. Enough for files of 100 MiB, which are held twice, and windows on packs.
constexpr rlim_t address_bytes = rlim_t{600} << 20;
/// Processor time beyond which nobody waits for the files.
constexpr uint64_t longest_timeout_s = 86'400;
/// For the first question to a server; the fetch itself has the whole time.
constexpr std::chrono::milliseconds longest_look{60'000};
constexpr uint64_t most_bytes = uint64_t{1} << 40;
constexpr uint64_t most_files = 10'000'000;

caf::expected<uint64_t> number(const std::string& option, const std::string& text, uint64_t most) {
  uint64_t out = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out == 0 || out > most)
    return fail(ec::invalid, option + " must be a number from 1 to " + std::to_string(most));
  return out;
}

/// Applies one option; the error names it.
caf::error apply(arguments& out, const std::string& option, const std::string& value) {
  auto set = [&](auto most, auto&& use) -> caf::error {
    auto read = number(option, value, most);
    if (!read)
      return read.error();
    use(*read);
    return caf::none;
  };
  if (option == "--url")
    out.url = value;
  else if (option == "--commit")
    out.commit = value;
  else if (option == "--into")
    out.into = value;
  else if (option == "--allow")
    out.allowed.push_back(value);
  else if (option == "--timeout-s")
    return set(longest_timeout_s, [&](uint64_t n) { out.timeout = std::chrono::seconds{n}; });
  else if (option == "--max-bytes")
    return set(most_bytes, [&](uint64_t n) { out.limits.tree.bytes = n; });
  else if (option == "--max-files")
    return set(most_files, [&](uint64_t n) { out.limits.tree.files = n; });
  else
    return fail(ec::invalid, "unknown option " + option);
  return caf::none;
}

/// Before anything of the repository is read. A pack may be as large as all files together may be.
caf::error limit_this_process(const arguments& given) {
  auto seconds = static_cast<rlim_t>(given.timeout.count());
  const std::pair<__rlimit_resource, rlim_t> limits[]{
    {RLIMIT_AS, address_bytes}, {RLIMIT_CPU, seconds}, {RLIMIT_FSIZE, given.limits.received_bytes}, {RLIMIT_CORE, 0}};
  for (const auto& [resource, value] : limits) {
    rlimit both{value, value};
    if (::setrlimit(resource, &both) != 0)
      return fail(ec::unavailable, "this process cannot be limited: " + errno_text(errno));
  }
  std::signal(SIGXFSZ, SIG_IGN); // a file that is too large is then an error of a write
  mallopt(M_ARENA_MAX, 1);       // each arena reserves 64 MiB of the address space
  return caf::none;
}

/// Asks for what libgit2 will ask for first. libgit2 follows a redirect on the same host whatever it is told, and that
/// may lead to another owner's repository.
caf::error refuse_redirect(const arguments& given) {
  if (!given.url.starts_with("https://"))
    return caf::none;
  bool is_there = false;
  http::outgoing_request request;
  request.url = given.url + (given.url.ends_with('/') ? "" : "/") + "info/refs?service=git-upload-pack";
  request.timeout = std::min<std::chrono::milliseconds>(given.timeout, longest_look);
  request.on_body = [&](std::string_view) {
    is_there = true;
    return false;
  };
  auto answer = http::fetch(request);
  if (is_there)
    return caf::none;
  if (!answer)
    return fail(code_of(answer.error()), given.url + " cannot be reached: " + text_of(answer.error()));
  if (answer->status >= 300 && answer->status < 400)
    return fail(ec::forbidden, given.url + " redirects to " + printable(answer->location) + ", which is not followed");
  if (answer->status == 401 || answer->status == 403)
    return fail(ec::forbidden, given.url + " asks for credentials, and none are sent");
  if (answer->status == 404)
    return fail(ec::not_found, "there is no repository at " + given.url);
  return fail(ec::unavailable, given.url + " answers with status " + std::to_string(answer->status));
}

caf::expected<fetched_tree> fetch(const arguments& given) {
  if (auto refused = check_fetch_url(given.url, given.allowed))
    return refused;
  if (auto failed = limit_this_process(given))
    return failed;
  work_limit limit;
  limit.deadline = work_limit::clock::now() + given.timeout;
  try {
    if (auto refused = refuse_redirect(given))
      return refused;
    return fetch_tree(given.url, given.commit, given.into, given.limits, limit);
  } catch (const std::bad_alloc&) {
    return fail(ec::too_large, given.url + " needs more memory than the " + std::to_string(address_bytes >> 20) +
                                 " MiB that fetching may use");
  } catch (const std::exception& e) { // the boundary of this program
    return fail(ec::internal, e.what());
  }
}

void print(const caf::expected<fetched_tree>& result) {
  auto answer = msg<wire::FetchResult>::build([&](wire::FetchResult::Builder out) {
    if (result) {
      out.setCommit(result->commit);
      out.setFiles(result->written.files);
      out.setBytes(result->written.bytes);
      out.setReceivedBytes(result->received_bytes);
    } else {
      out.setKind(std::string{to_string(code_of(result.error()))});
      out.setError(text_of(result.error()));
    }
  });
  std::printf("%s\n", to_json(answer).c_str());
  std::fflush(stdout);
}

} // namespace

caf::expected<arguments> read_arguments(std::span<const std::string> words) {
  arguments out;
  out.limits.tree.plain_files_only = true;
  for (size_t i = 0; i < words.size(); i += 2) {
    if (i + 1 == words.size())
      return fail(ec::invalid, words[i] + " has no value");
    if (auto error = apply(out, words[i], words[i + 1]))
      return error;
  }
  if (out.url.empty())
    return fail(ec::invalid, "--url is missing");
  if (!out.into.is_absolute())
    return fail(ec::invalid, "--into must be an absolute path");
  return out;
}

int run_command_line(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + std::max(argc, 1));
  auto given = read_arguments(words);
  if (!given) {
    std::fprintf(stderr, "hive-fetch: %s\n", text_of(given.error()).c_str());
    return wrong_usage;
  }
  auto result = fetch(*given);
  print(result);
  return result ? 0 : 1;
}

} // namespace hive::fetch
