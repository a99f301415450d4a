#include "messages/check.hpp"

#include "messages/annotations.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/msg.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/timestamp.hpp"

#include <cmath>
#include <gmock/gmock.h>

namespace hive {
namespace {

/// The result of `check` for a message: the place and the rule, or "fine".
template <class T, class Fill>
std::string verdict(Fill&& fill) {
  capnp::MallocMessageBuilder scratch;
  auto root = scratch.initRoot<T>();
  fill(root);
  auto broken = check(root.asReader());
  return broken ? broken->pointer + " " + broken->rule : "fine";
}

template <class Fill>
std::string command_verdict(Fill&& fill) {
  return verdict<wire::CommandSpec>([&](wire::CommandSpec::Builder out) {
    out.setName("n");
    out.initCommand(1).set(0, "true");
    fill(out);
  });
}

template <class Fill>
std::string metric_verdict(Fill&& fill) {
  return verdict<wire::Snapshot>([&](wire::Snapshot::Builder out) {
    out.setVersion("v");
    auto metric = out.initMetrics(1)[0];
    metric.setName("m");
    fill(metric);
  });
}

TEST(check, required_text_must_be_there_and_not_empty) {
  EXPECT_EQ(verdict<wire::BenchmarkName>([](auto) {}), "/name is required");
  EXPECT_EQ(verdict<wire::BenchmarkName>([](auto out) { out.setName(""); }), "/name is required");
  EXPECT_EQ(verdict<wire::BenchmarkName>([](auto out) { out.setName("n"); }), "fine");
}

TEST(check, required_lists_must_not_be_empty) {
  EXPECT_EQ(command_verdict([](auto out) { out.initCommand(0); }), "/command is required");
}

TEST(check, required_structs_must_be_there_and_keep_their_own_rules) {
  EXPECT_EQ(verdict<wire::StartCapture>([](auto) {}), "/request is required");
  EXPECT_EQ(verdict<wire::StartCapture>([](auto out) { out.initRequest(); }), "/request/version is required");
}

TEST(check, ids_match_their_pattern) {
  auto name = [](const std::string& text) {
    return verdict<wire::BenchmarkName>([&](auto out) { out.setName(text.c_str()); });
  };
  for (const auto& good : {std::string{"a"}, std::string{"9"}, std::string{"v1.2-rc_3"}, std::string(64, 'z')})
    EXPECT_EQ(name(good), "fine") << good;
  for (const auto& bad :
       {std::string{"../x"}, std::string{".a"}, std::string{"-a"}, std::string{"_a"}, std::string{"a b"},
        std::string{"a/b"}, std::string{"a\n"}, std::string{"é"}, std::string(65, 'a')})
    EXPECT_EQ(name(bad), "/name " + std::string{"must start with a letter or digit and hold at most 64 letters, "
                                                "digits, '.', '_' and '-'"})
      << bad;
}

TEST(check, text_has_a_greatest_length_in_bytes) {
  auto sha = [](size_t length) {
    return verdict<wire::CaptureRequest>([&](auto out) {
      out.setVersion("v");
      out.setGitSha(std::string(length, 'f').c_str());
    });
  };
  EXPECT_EQ(sha(64), "fine");
  EXPECT_EQ(sha(65), "/git_sha is longer than 64 bytes");
  auto workdir = [](size_t length) {
    return command_verdict([&](auto out) { out.setWorkdir(std::string(length, 'd').c_str()); });
  };
  EXPECT_EQ(workdir(4096), "fine");
  EXPECT_EQ(workdir(4097), "/workdir is longer than 4096 bytes");
}

TEST(check, lists_have_a_greatest_number_of_elements) {
  auto arguments = [](uint32_t count) {
    return command_verdict([&](auto out) {
      auto list = out.initCommand(count);
      for (uint32_t i = 0; i < count; ++i)
        list.set(i, "x");
    });
  };
  EXPECT_EQ(arguments(256), "fine");
  EXPECT_EQ(arguments(257), "/command has more than 256 elements");
}

TEST(check, elements_that_are_text_are_bounded_utf8) {
  EXPECT_EQ(command_verdict([](auto out) { out.initCommand(2).set(1, "\xff"); }),
            "/command/1 is not UTF-8 text without NUL");
  EXPECT_EQ(command_verdict([](auto out) { out.initCommand(2).set(1, std::string(4097, 'x').c_str()); }),
            "/command/1 is longer than 4096 bytes");
}

TEST(check, numbers_keep_inclusive_bounds) {
  auto timeout = [](double seconds) { return command_verdict([&](auto out) { out.setTimeoutS(seconds); }); };
  EXPECT_EQ(timeout(0.1), "fine");
  EXPECT_EQ(timeout(86400), "fine");
  EXPECT_EQ(timeout(std::nextafter(0.1, 0)), "/timeout_s must be at least 0.1");
  EXPECT_EQ(timeout(86400.1), "/timeout_s must be at most 86400");
  auto repeats = [](uint32_t count) {
    return verdict<wire::CaptureRequest>([&](auto out) {
      out.setVersion("v");
      out.setRepeats(count);
    });
  };
  EXPECT_EQ(repeats(1000), "fine");
  EXPECT_EQ(repeats(1001), "/repeats must be at most 1000");
}

TEST(check, numbers_are_finite_and_only_nullable_ones_may_be_absent) {
  EXPECT_EQ(command_verdict([](auto out) { out.setTimeoutS(NAN); }), "/timeout_s must be finite");
  EXPECT_EQ(command_verdict([](auto out) { out.setTimeoutS(INFINITY); }), "/timeout_s must be finite");
  EXPECT_EQ(metric_verdict([](auto out) { out.setValue(NAN); }), "fine");
  EXPECT_EQ(metric_verdict([](auto out) { out.setValue(-INFINITY); }), "/metrics/m/value must be finite");
  EXPECT_EQ(metric_verdict([](auto out) { out.initSamples(3).set(1, NAN); }), "/metrics/m/samples/1 must be finite");
}

TEST(check, times_are_those_that_can_be_written) {
  auto captured_at = [](int64_t micros) {
    return verdict<wire::Snapshot>([&](auto out) {
      out.setVersion("v");
      out.setCapturedAt(micros);
    });
  };
  EXPECT_EQ(captured_at(0), "fine");
  EXPECT_EQ(captured_at(max_unix_micros), "fine");
  for (int64_t wrong : {int64_t{-1}, max_unix_micros + 1, INT64_MIN, INT64_MAX})
    EXPECT_EQ(captured_at(wrong), "/captured_at must be a time from 1970 to 9999") << wrong;
}

TEST(check, enums_hold_a_known_choice) {
  EXPECT_EQ(metric_verdict([](auto out) { out.setDirection(static_cast<wire::Direction>(2)); }),
            "/metrics/m/direction is no known choice");
}

TEST(check, text_is_utf8) {
  auto unit = [](const char* text) { return metric_verdict([&](auto out) { out.setUnit(text); }); };
  EXPECT_EQ(unit("µs"), "fine");
  EXPECT_EQ(unit("\xb5s"), "/metrics/m/unit is not UTF-8 text without NUL");
}

TEST(check, a_fault_in_a_map_is_named_by_its_key) {
  EXPECT_EQ(command_verdict([](auto out) {
              auto variable = out.initEnvironment(1)[0];
              variable.setName("LANG");
              variable.setValue("\xff");
            }),
            "/environment/LANG is not UTF-8 text without NUL");
}

TEST(check, messages_have_a_greatest_size) {
  EXPECT_EQ(max_bytes_of(capnp::Schema::from<wire::Snapshot>()), size_t{8} << 20);
  EXPECT_EQ(max_bytes_of(capnp::Schema::from<wire::BenchmarkName>()), size_t{1} << 20);
}

} // namespace
} // namespace hive
