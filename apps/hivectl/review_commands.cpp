#include "actors/benchmark/reports/test_results.hpp"
#include "apps/hivectl/commands.hpp"
#include "apps/hivectl/files.hpp"
#include "apps/hivectl/format.hpp"
#include "apps/hivectl/review_view.hpp"
#include "apps/hivectl/validators.hpp"
#include "apps/hivectl/waiting.hpp"
#include "messages/review.capnp.h"
#include "platform/http_client.hpp"

#include <filesystem>

namespace hive::ctl {
namespace {

constexpr auto review_examples =
  "Examples:\n"
  "  hivectl review run --base origin/main --head HEAD\n"
  "  hivectl review run --repo /srv/app --base main --head topic --tests 'make test' --results build/junit.xml\n"
  "  hivectl review run --base main --lint 'ruff check .' --known-failures known.txt --format markdown --out "
  "comment.md\n"
  "  hivectl review show r12 --format sarif --out review.sarif\n"
  "The node runs the commands in a sandbox without network, in checkouts of its own; --repo is only read. Exit "
  "status:\n"
  "0 approved, 1 rejected, 2 flagged for a person.";

/// Size limit of a file with known failures: the request's limit of names, each with some hundred bytes.
constexpr size_t max_known_bytes = size_t{4} << 20;

const std::string reviews = "/reviews";

struct run_options {
  std::string repo = ".", base, head = "HEAD", tests, lint, guardian, results, test_format, known_failures;
  bool no_base = false;
  std::optional<double> timeout_s;
  uint64_t pr = 0;
  review_form form;
};

/// A command line for the shell; empty: none.
std::vector<std::string> shell_command(const std::string& line) {
  return line.empty() ? std::vector<std::string>{} : std::vector<std::string>{"/bin/sh", "-c", line};
}

template <class Builder>
void set_words(Builder list, const std::vector<std::string>& words) {
  for (uint32_t i = 0; i < list.size(); ++i)
    list.set(i, words[i]);
}

/// One name per line; empty lines and lines that begin with # are left out.
caf::expected<std::vector<std::string>> read_names(const std::string& file) {
  std::vector<std::string> names;
  if (file.empty())
    return names;
  auto text = read_file(file, max_known_bytes);
  if (!text)
    return text.error();
  for (size_t begin = 0; begin < text->size();) {
    auto end = std::min(text->find('\n', begin), text->size());
    auto line = text->substr(begin, end - begin);
    if (line.ends_with('\r'))
      line.pop_back();
    if (!line.empty() && line.front() != '#')
      names.push_back(line);
    begin = end + 1;
  }
  return names;
}

caf::expected<msg<wire::StartReview>> request_of(const run_options& options) {
  auto known = read_names(options.known_failures);
  if (!known)
    return known.error();
  // A path that is not here may be one of the node's machine.
  std::error_code failed;
  auto repo = std::filesystem::canonical(options.repo, failed);
  if (failed && !std::filesystem::path{options.repo}.is_absolute())
    return fail_as(exit_status::file_failed, options.repo + ": " + failed.message());
  if (failed)
    repo = options.repo;
  return msg<wire::StartReview>::build([&](wire::StartReview::Builder out) {
    auto put = [](auto list, const std::vector<std::string>& words) { set_words(list, words); };
    auto tests = shell_command(options.tests);
    auto lint = shell_command(options.lint);
    auto guardian = shell_command(options.guardian);
    out.setRepo(repo.string());
    out.setBase(options.base);
    out.setHead(options.head);
    put(out.initTests(static_cast<uint32_t>(tests.size())), tests);
    put(out.initLint(static_cast<uint32_t>(lint.size())), lint);
    put(out.initGuardian(static_cast<uint32_t>(guardian.size())), guardian);
    put(out.initKnownFailures(static_cast<uint32_t>(known->size())), *known);
    out.setResultsFile(options.results);
    out.setTestFormat(options.test_format);
    out.setMeasureBase(!options.no_base);
    if (options.timeout_s)
      out.setTimeoutS(*options.timeout_s);
    out.setPrNumber(options.pr);
  });
}

std::string path_of_review(const std::string& id) {
  return reviews + "/" + http::url_encode(id);
}

caf::expected<msg<wire::Review>> ask_for(session& s, const std::string& id) {
  return s.node.ask<wire::Review>({.path = path_of_review(id)});
}

caf::expected<msg<wire::Review>> wait_for(session& s, const msg<wire::Review>& review) {
  std::string id = review->getId().cStr();
  return wait_for_end(s, {"Review " + id, path_of_review(id), "hivectl review show " + id}, review,
                      [](wire::Review::Reader now) { return now.getState() == wire::ReviewState::DONE; });
}

outcome run(session& s, const run_options& options) {
  auto request = request_of(options);
  if (!request)
    return request.error();
  auto accepted = s.node.ask<wire::Review>({.method = "POST", .path = reviews, .body = to_json(*request)});
  if (!accepted)
    return accepted.error();
  auto done = wait_for(s, *accepted);
  if (!done)
    return done.error();
  return tell_review(s, *done, options.form);
}

outcome show(session& s, const std::string& id, const review_form& form) {
  auto review = ask_for(s, id);
  if (!review)
    return review.error();
  return tell_review(s, *review, form);
}

outcome list(session& s) {
  table rows{{text_column("ID"), text_column("STATE"), text_column("DECISION"), text_column("REQUESTED"),
              text_column("HEAD"), text_column("TITLE"), text_column("REASON")}};
  constexpr size_t short_id = 10;
  std::string after;
  do {
    auto page = s.node.ask<wire::ReviewList>({.path = reviews + "?limit=1000" + after});
    if (!page)
      return page.error();
    s.out.answer(*page, [&] {
      for (auto line : (*page)->getReviews()) {
        bool is_done = line.getState() == wire::ReviewState::DONE;
        rows.add_row({line.getId().cStr(), name_of(line.getState()), is_done ? name_of(line.getDecision()) : "",
                      s.out.time(line.getRequestedAt()), std::string{line.getHead().cStr()}.substr(0, short_id),
                      line.getTitle().cStr(), line.getReason().cStr()});
      }
    });
    after = (*page)->hasNext() ? "&after=" + http::url_encode((*page)->getNext().cStr()) : std::string{};
  } while (!after.empty() && !s.json);
  if (rows.empty())
    s.out.line("No reviews yet: 'hivectl review run --base REV --head REV' makes one.");
  else
    s.out.print(rows);
  return exit_status::done;
}

void add_form(CLI::App& command, review_form& form) {
  command.add_option("--format", form.format, "json, markdown, junit, sarif or check-run (default: text for people)")
    ->check(CLI::IsMember({"json", "markdown", "junit", "sarif", "check-run"}));
  command.add_option("--out", form.out, "Write that form to FILE in place of standard output")->type_name("FILE");
  command.add_option("--link", form.link, "URL of the whole result, for forms that must be cut")->check(valid_url());
}

void add_run(CLI::App& group, context& ctx) {
  auto options = std::make_shared<run_options>();
  auto& command = *group.add_subcommand("run", "Review what a head changed since it parted from a base");
  command.add_option("--repo", options->repo, "Repository on the node's machine (default: the working directory)");
  command.add_option("--base", options->base, "Revision that the change is to be merged into")->required();
  command.add_option("--head", options->head, "Revision with the change (default: HEAD)");
  command.add_option("--tests", options->tests, "Shell command that runs the tests (default: the node's, else pytest)")
    ->type_name("CMD");
  command.add_option("--results", options->results, "Results file that the tests write, relative to the checkout")
    ->type_name("FILE");
  command.add_option("--test-format", options->test_format, "Format of the results (default: found out)")
    ->check(CLI::IsMember({"auto", "pytest", "ctest", "junit", "tap", "go"}));
  command.add_option("--lint", options->lint, "Shell command that ends with 0 when it finds nothing")->type_name("CMD");
  command.add_option("--guardian", options->guardian, "Shell command that checks limits of code metrics")
    ->type_name("CMD");
  command
    .add_option("--known-failures", options->known_failures, "File with tests that may fail or be missing, one a line")
    ->check(file_or_stdin());
  command.add_flag("--no-base", options->no_base, "Do not run the tests at the base: every failure is new");
  command.add_option("--timeout", options->timeout_s, "Seconds for each command (default: the node's)")
    ->check(CLI::Range(0.1, 86'400.0));
  command.add_option("--pr", options->pr, "Number of the pull request, for reports");
  add_form(command, options->form);
  ctx.on(command, [options](session& s) { return run(s, *options); });
}

} // namespace

void add_review_commands(CLI::App& app, context& ctx) {
  auto& group = add_group(app, "review", "Reviews of changes", review_examples);
  add_run(group, ctx);
  auto shown = std::make_shared<std::pair<std::string, review_form>>();
  auto& command = *group.add_subcommand("show", "A review; the exit status is its decision's");
  command.add_option("ID", shown->first, "Id of the review")->required()->check(valid_id());
  add_form(command, shown->second);
  ctx.on(command, [shown](session& s) { return show(s, shown->first, shown->second); });
  ctx.on(*group.add_subcommand("list", "List the reviews, newest first"), list);
}

} // namespace hive::ctl
