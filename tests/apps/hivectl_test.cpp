// Rules for every command: exit statuses, where errors are printed, the token, the URL.

#include "tests/apps/support/fake_node.hpp"
#include "tests/apps/support/hivectl.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tuple>

namespace hive::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr auto empty_list = R"({"snapshots":[]})";

fake_node always(fake_response response) {
  return fake_node{[response = std::move(response)](const fake_request&) { return response; }};
}

/// An error is one line from hivectl on standard error; standard output stays empty for the program that reads it.
void expect_complaint(const program_result& result, int status, const std::string& part) {
  EXPECT_EQ(result.status, status);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, StartsWith("hivectl: "));
  EXPECT_THAT(result.err, HasSubstr(part));
  EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << result.err;
}

TEST(hivectl, ends_with0_when_done) {
  auto node = always({200, empty_list});
  auto result = hivectl(node.url(), {"snapshot", "list"});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err, "");
}

TEST(hivectl, ends_with66_when_there_is_no_such_thing) {
  auto node = always(problem(404, R"({"title":"Not found","status":404,"detail":"there is no snapshot of version v9",
                                      "code":"not_found"})"));
  expect_complaint(hivectl(node.url(), {"snapshot", "show", "v9"}), 66,
                   "hivectl: there is no snapshot of version v9\n");
}

TEST(hivectl, ends_with64_on_wrong_usage) {
  const std::vector<std::vector<std::string>> wrong{
    {"snapsot"},
    {"snapshot", "lst"},
    {"snapshot", "list", "--nonsense"},
    {"snapshot", "list", "extra"},
    {"snapshot", "list", "--", "x"},
    {"snapshot", "show"},
    {"snapshot", "show", "../x"},
    {"snapshot", "show", std::string(65, 'v')},
    {"snapshot", "capture", "v1", "--tier", "slow"},
    {"snapshot", "capture", "v1", "--repeats", "0"},
    {"snapshot", "capture", "v1", "--repeats", "x"},
    {"snapshot", "capture", "v1", "--git-sha", "not hex"},
    {"upgrade", "check", "v1"},
    {"upgrade", "check", "v1", "v2", "--policy", "lax"},
    {"benchmark", "register", "b"},
    {"benchmark", "register", "b", "--"},
    {"benchmark", "register", "b", "--env", "novalue", "--", "true"},
    {"benchmark", "register", "b", "--timeout", "-1", "--", "true"},
    {"--url", "ftp://host", "snapshot", "list"},
    {"--url", "http://", "snapshot", "list"},
    {"--url", "http://host/?q", "snapshot", "list"},
    {"--url", "http://ho st", "snapshot", "list"},
  };
  for (const auto& arguments : wrong)
    expect_complaint(hivectl(arguments), 64, "");
}

TEST(hivectl, ends_with74_when_a_file_is_not_there) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"snapshot", "import", "/no/such/file"},
        {"--token-file", "/no/such/file", "snapshot", "list"},
        {"guardrail", "verify", "/no/such/file", "--public-key", "/dev/null"},
        {"import", "hartos", "/no/such/folder"}})
    expect_complaint(hivectl(arguments), 74, "/no/such/");
}

/// The exit status for each error code of a node and each HTTP status without one.
TEST(hivectl, ends_with_what_the_node_said) {
  const std::vector<std::tuple<int, const char*, int>> cases{
    {400, "malformed", 65},       {400, "invalid", 65},        {404, "not_found", 66},
    {409, "already_exists", 65},  {409, "busy", 65},           {404, "no_data", 66},
    {413, "too_large", 65},       {401, "unauthorized", 77},   {403, "forbidden", 77},
    {503, "overloaded", 69},      {503, "unavailable", 69},    {504, "timed_out", 69},
    {504, "outcome_unknown", 69}, {507, "storage_failed", 69}, {500, "corrupt", 69},
    {500, "process_failed", 65},  {500, "internal", 69},       {405, "unsupported", 65},
    {409, "conflict", 65},        {403, "made_later", 77},     {404, "made_later", 66},
    {418, "made_later", 65},      {429, "made_later", 69},     {599, "made_later", 69},
  };
  for (const auto& [http, code, status] : cases) {
    auto node = always(problem(http, R"({"title":"No","detail":"so it is","code":")" + std::string{code} + "\"}"));
    auto result = hivectl(node.url(), {"snapshot", "list"});
    EXPECT_EQ(result.status, status) << http << ' ' << code;
    if (status == 77)
      EXPECT_THAT(result.err, AllOf(StartsWith("hivectl: so it is. "), HasSubstr("looked for a token in")));
    else
      EXPECT_EQ(result.err, "hivectl: so it is\n");
  }
}

TEST(hivectl, names_the_unknown_command) {
  expect_complaint(hivectl({"snapsot", "list"}), 64, "\"snapsot\"");
  expect_complaint(hivectl({"snapshot", "lst"}), 64, "\"lst\"");
  expect_complaint(hivectl({"upgrade", "check", "a", "--polcy"}), 64, "\"--polcy\"");
}

TEST(hivectl, says_what_was_probably_meant) {
  expect_complaint(hivectl({"snapsot", "list"}), 64,
                   "\"snapsot\" is no command of hivectl; did you mean snapshot? ('hivectl --help' tells more)\n");
  expect_complaint(hivectl({"snapshot", "lsit"}), 64, "is no command of hivectl snapshot; did you mean list?");
  expect_complaint(hivectl({"upgrade", "check", "a", "b", "--polcy=strict"}), 64,
                   "\"--polcy\" is no option of hivectl upgrade check; did you mean --policy?");
  expect_complaint(hivectl({"snapshot", "list", "--jsn"}), 64, "did you mean --json?");
  expect_complaint(hivectl({"capture", "v1"}), 64, "did you mean hivectl snapshot capture or hivectl agent capture?");
  expect_complaint(hivectl({"weather"}), 64, "\"weather\" is no command of hivectl (");
  expect_complaint(hivectl({"snapshot", "list", "extra"}), 64, "is one argument too many for hivectl snapshot list");
  expect_complaint(hivectl({"help", "snapsot"}), 64, "did you mean snapshot?");
}

TEST(hivectl, alone_shows_the_help) {
  auto help = hivectl({"--help"});
  EXPECT_EQ(hivectl(std::vector<std::string>{}).out, help.out);
  EXPECT_EQ(hivectl({"help"}).out, help.out);
  for (const auto& arguments : {std::vector<std::string>{"snapshot"}, {"help", "snapshot"}, {"--json", "snapshot"}}) {
    auto result = hivectl(arguments);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(result.out, hivectl({"snapshot", "--help"}).out);
  }
  EXPECT_EQ(hivectl({"help", "snapshot", "capture"}).out, hivectl({"snapshot", "capture", "--help"}).out);
}

TEST(hivectl, every_help_shows_the_global_options) {
  for (const auto& arguments :
       {std::vector<std::string>{}, {"snapshot"}, {"snapshot", "capture"}, {"events"}, {"help"}, {"status"}}) {
    auto with_help = arguments;
    with_help.push_back("--help");
    auto result = hivectl(with_help);
    for (const auto* option : {"--url", "--token-file", "--json", "--wide"})
      EXPECT_THAT(result.out, HasSubstr(option)) << testing::PrintToString(arguments);
  }
}

TEST(hivectl, prints_ages_unless_asked_for_more) {
  auto node = always({200, R"({"snapshots":[{"version":"v1","captured_at":"2020-01-01T00:00:00Z"}]})"});
  EXPECT_THAT(hivectl(node.url(), {"snapshot", "list"}).out, HasSubstr(" years ago  "));
  EXPECT_THAT(hivectl(node.url(), {"snapshot", "list", "--wide"}).out, HasSubstr("2020-01-01T00:00:00Z"));
  EXPECT_THAT(hivectl(node.url(), {"snapshot", "list", "--json"}).out, HasSubstr("2020-01-01T00:00:00Z"));
}

TEST(hivectl, ends_with69_when_no_node_answers) {
  auto url = dead_url();
  expect_complaint(hivectl(url, {"snapshot", "list"}), 69, url);
}

TEST(hivectl, ends_with69_when_the_node_is_not_serving) {
  auto node = always(problem(503, R"({"title":"Unavailable","detail":"the registry is being restarted",
                                      "code":"unavailable"})"));
  expect_complaint(hivectl(node.url(), {"snapshot", "list"}), 69, "the registry is being restarted");
}

TEST(hivectl, ends_with69_when_only_a_proxy_answers) {
  auto node = always({502, "<html>Bad gateway</html>", "text/html"});
  auto result = hivectl(node.url(), {"snapshot", "list"});
  expect_complaint(result, 69, "502");
  EXPECT_THAT(result.err, Not(HasSubstr("html")));
}

TEST(hivectl, ends_with69_when_the_node_is_overloaded) {
  auto node = always(problem(503, R"({"title":"Service Unavailable","detail":"4 captures run already",
                                      "code":"overloaded"})"));
  expect_complaint(hivectl(node.url(), {"snapshot", "list"}), 69, "4 captures run already");
}

TEST(hivectl, names_the_place_of_a_problem_once) {
  auto apart = always(problem(400, R"({"title":"Invalid","detail":"must be finite","pointer":"/metrics/x/value",
                                       "code":"invalid"})"));
  expect_complaint(hivectl(apart.url(), {"snapshot", "list"}), 65, "hivectl: /metrics/x/value: must be finite\n");
  auto together = always(problem(400, R"({"title":"Invalid","detail":"/a/b is required","pointer":"/a/b"})"));
  expect_complaint(hivectl(together.url(), {"snapshot", "list"}), 65, "hivectl: /a/b is required\n");
}

TEST(hivectl, reads_a_problem_that_says_more_than_it_knows) {
  auto node = always(problem(400, R"({"title":"Invalid","detail":"no","instance":"/x","errors":[{"a":1}]})"));
  expect_complaint(hivectl(node.url(), {"snapshot", "list"}), 65, "hivectl: no\n");
}

TEST(hivectl, falls_back_to_the_title_of_a_problem) {
  auto node = always(problem(403, R"({"title":"The token's role does not allow this"})"));
  expect_complaint(hivectl(node.url(), {"snapshot", "list"}), 77, "role does not allow this");
}

TEST(hivectl, never_prints_a_body_that_is_no_problem) {
  for (const auto& response :
       {fake_response{500, R"({"detail":"secret"})", "application/json"}, problem(500, "{\"detail\":"),
        problem(500, "[]"), problem(500, R"({"detail":{"secret":1}})"), fake_response{404, "secret", "text/plain"}}) {
    auto node = always(response);
    auto result = hivectl(node.url(), {"snapshot", "list"});
    expect_complaint(result, 69, std::to_string(response.status));
    EXPECT_THAT(result.err, Not(HasSubstr("secret")));
  }
}

TEST(hivectl, does_not_follow_redirects) {
  auto node = always({307, "", "text/plain"});
  expect_complaint(hivectl(node.url(), {"snapshot", "list"}), 69, "307");
  EXPECT_EQ(node.requests().size(), 1U);
}

TEST(hivectl, keeps_the_terminal_safe_from_error_texts) {
  auto node = always(problem(400, R"({"title":"x","detail":"bad \u001b]0;owned\u0007\nhivectl: all is well"})"));
  expect_complaint(hivectl(node.url(), {"snapshot", "list"}), 65, "bad \\x1b]0;owned\\x07\\nhivectl: all is well\n");
}

TEST(hivectl, says_when_an_answer_is_not_of_its_version) {
  fake_node node{[](const fake_request& request) -> fake_response {
    if (request.target == "/healthz")
      return {200, R"({"status":"ok","version":"9.1.0","mood":"fine"})"};
    return {200, R"({"snapshots":[],"added_later":1})"};
  }};
  auto result = hivectl(node.url(), {"snapshot", "list"});
  expect_complaint(result, 69, "/added_later");
  EXPECT_THAT(result.err, HasSubstr("the node is version 9.1.0"));
}

TEST(hivectl, says_when_what_answers_is_no_node) {
  auto node = always({200, "<html>welcome</html>", "text/html"});
  auto result = hivectl(node.url(), {"snapshot", "list"});
  expect_complaint(result, 69, "is this a Hivemark node");
  EXPECT_THAT(result.err, Not(HasSubstr("welcome")));
}

TEST(hivectl, sends_the_token_of_its_file) {
  temporary_directory folder;
  auto file = put_file(folder.path() / "token", "s3cret-token\n");
  auto node = always({200, empty_list});
  EXPECT_EQ(hivectl(node.url(), {"--token-file", file, "snapshot", "list"}).status, 0);
  EXPECT_THAT(node.requests().back().headers, HasSubstr("\r\nAuthorization: Bearer s3cret-token"));

  auto from_environment = hivectl_program({"snapshot", "list"});
  from_environment.environment = {"HIVE_URL=" + node.url() + "/", "HIVE_TOKEN_FILE=" + file.string()};
  EXPECT_EQ(run_program(from_environment).status, 0);
  EXPECT_THAT(node.requests().back().headers, HasSubstr("Authorization: Bearer s3cret-token"));
  EXPECT_THAT(node.requests().back().target, StartsWith("/api/v1/snapshots")) << "the URL's last slash is dropped";

  for (std::string bad :
       {std::string{"two words"}, std::string{"a\r\nX-Evil: 1"}, std::string{}, std::string(5000, 'x')}) {
    put_file(file, bad);
    auto result = hivectl(node.url(), {"--token-file", file, "snapshot", "list"});
    EXPECT_EQ(result.status, 65) << bad.substr(0, 20);
    EXPECT_THAT(result.err, Not(HasSubstr("Evil")));
  }
  EXPECT_EQ(node.requests().size(), 2U) << "a wrong token is never sent";
}

TEST(hivectl, sends_no_token_without_a_file) {
  auto node = always({200, empty_list});
  EXPECT_EQ(hivectl(node.url(), {"snapshot", "list"}).status, 0);
  EXPECT_THAT(node.requests().back().headers, Not(HasSubstr("Authorization")));
}

TEST(hivectl, command_line_outranks_environment) {
  auto node = always({200, empty_list});
  auto run = hivectl_program({"--url", node.url(), "snapshot", "list"});
  run.environment.push_back("HIVE_URL=" + dead_url());
  EXPECT_EQ(run_program(run).status, 0);
}

TEST(hivectl, takes_global_options_at_the_end_too) {
  auto node = always({200, empty_list});
  auto result = hivectl({"snapshot", "list", "--json", "--url", node.url()});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, HasSubstr("\"snapshots\""));
}

TEST(hivectl, help_teaches) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"--help"},
                                                    {"benchmark", "--help"},
                                                    {"benchmark", "register", "--help"},
                                                    {"snapshot", "--help"},
                                                    {"snapshot", "import", "--help"},
                                                    {"upgrade", "check", "--help"}}) {
    auto result = hivectl(arguments);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.err, "");
    EXPECT_THAT(result.out, HasSubstr("Examples:\n  hivectl "));
  }
  EXPECT_THAT(hivectl({"--help"}).out, HasSubstr("69  no node answers"));
}

TEST(hivectl, tells_its_version) {
  auto result = hivectl({"--version"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, testing::MatchesRegex("hivectl [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(hivectl({"version"}).out, result.out);
  EXPECT_THAT(hivectl({"version", "--json"}).out, HasSubstr("\"version\""));
}

TEST(hivectl, reports_that_its_output_was_not_written) {
  auto node = always({200, empty_list});
  auto run = hivectl_program({});
  run.command = {"/bin/sh", "-c",
                 std::string{"exec "} + HIVECTL_FILE + " --url " + node.url() + " snapshot list >/dev/full"};
  auto result = run_program(run);
  EXPECT_EQ(result.status, 74);
  EXPECT_EQ(result.err, "hivectl: cannot write to standard output\n");
}

} // namespace
} // namespace hive::test
