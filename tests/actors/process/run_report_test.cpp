#include "actors/process/run_report.hpp"

#include "messages/msg.hpp"
#include "messages/text.hpp"
#include "tests/support/seed.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <random>
#include <vector>

namespace hive {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

msg<wire::RunResult> ended(int status, int signal, std::string_view errors) {
  return msg<wire::RunResult>::build([&](wire::RunResult::Builder out) {
    out.setExitStatus(status);
    out.setSignal(signal);
    out.setStderr(kj::arrayPtr(errors.data(), errors.size()).asBytes());
  });
}

const std::vector<std::string> command{"measure", "--all"};

TEST(run_report, names_command_end_and_last_lines_of_standard_error) {
  EXPECT_EQ(describe_run(command, *ended(3, 0, "one\ntwo\nthree\nfour\n\n")),
            "command 'measure' exited with status 3; its standard error ends with: two / three / four");
  EXPECT_EQ(describe_run(command, *ended(-1, SIGSEGV, "")), "command 'measure' was ended by SIGSEGV");
  EXPECT_EQ(describe_run(command, *ended(1, 0, "only")),
            "command 'measure' exited with status 1; its standard error ends with: only");
}

TEST(run_report, says_that_the_time_limit_ended_it) {
  auto result = msg<wire::RunResult>::build([](wire::RunResult::Builder out) {
    out.setTimedOut(true);
    out.setSignal(SIGKILL);
    out.setDurationS(30.4);
  });
  EXPECT_THAT(describe_run(command, *result), AllOf(HasSubstr("time limit after 30 s"), Not(HasSubstr("SIGKILL"))));
}

TEST(run_report, hides_arguments_which_may_hold_secrets) {
  std::vector<std::string> secret{"measure", "--token", "hunter2"};
  EXPECT_THAT(describe_run(secret, *ended(1, 0, "")), Not(HasSubstr("hunter2")));
}

TEST(run_report, keeps_a_long_program_recognisable) {
  std::vector<std::string> longest{"measure" + std::string(100'000, 'x')};
  auto text = describe_run(longest, *ended(1, 0, ""));
  EXPECT_LT(text.size(), 300u);
  EXPECT_THAT(text, testing::StartsWith("command 'measurexxx"));
}

TEST(printable_tail, keeps_the_end_on_a_character_border) {
  EXPECT_EQ(printable_tail("abcdef", 3), "...def");
  EXPECT_EQ(printable_tail("abcdef", 6), "abcdef");
  EXPECT_EQ(printable_tail("a\xc3\xa4\xc3\xb6", 3), "...\xc3\xb6");
}

TEST(printable_tail, removes_colours_and_control_characters) {
  EXPECT_EQ(printable_tail("\x1b[31m\x1b[1mred\x1b[0m", 80), "red");
  EXPECT_EQ(printable_tail("a\tb\r\nc\x01\x7f", 80), "a b / c??");
  EXPECT_EQ(printable_tail(std::string_view{"a\0b", 3}, 80), "a?b");
  EXPECT_EQ(printable_tail("\x1b[", 80), "");
  EXPECT_EQ(printable_tail("\x1b", 80), "?");
}

TEST(printable_tail, turns_any_bytes_into_text) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937 random{seed};
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes(random() % 60, '\0');
    for (auto& c : bytes)
      c = static_cast<char>(random());
    auto text = printable_tail(bytes, 20);
    ASSERT_TRUE(is_utf8(text));
    ASSERT_LE(text.size(), 23u);
  }
}

} // namespace
} // namespace hive
