#include "messages/msg.hpp"

#include "messages/benchmark.capnp.h"
#include "messages/guardrail.capnp.h"
#include "messages/hive.capnp.h"
#include "messages/json.hpp"
#include "messages/research.capnp.h"
#include "messages/snapshot.capnp.h"
#include "messages/tracker.capnp.h"
#include "messages/upgrade.capnp.h"
#include "tests/messages/random_message.hpp"
#include "tests/messages/wire_types.hpp"
#include "tests/paths.hpp"
#include "tests/support/seed.hpp"

#include <caf/all.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <thread>

namespace hive {
namespace {

using testing::HasSubstr;

msg<wire::Snapshot> small_snapshot() {
  return msg<wire::Snapshot>::build([](wire::Snapshot::Builder out) {
    out.setVersion("v1");
    auto metrics = out.initMetrics(2);
    for (uint32_t i = 0; i < metrics.size(); ++i) {
      metrics[i].setName("m" + std::to_string(i));
      metrics[i].setValue(i + 0.5);
    }
  });
}

// -- values ---------------------------------------------------------------------

TEST(msg, without_content_all_fields_hold_their_defaults) {
  msg<wire::PageQuery> empty;
  EXPECT_EQ(empty->getLimit(), 100u);
  EXPECT_EQ(empty->getAfter().size(), 0u);
}

TEST(msg, copies_share_their_words_and_outlive_the_first) {
  auto first = std::make_unique<msg<wire::Snapshot>>(small_snapshot());
  auto copy = *first;
  EXPECT_EQ(copy.bytes().data(), first->bytes().data());
  first.reset();
  EXPECT_EQ(copy->getMetrics()[1].getValue(), 1.5);
}

TEST(msg, a_part_of_a_message_becomes_one_of_its_own) {
  auto metric = msg<wire::Metric>::copy_of(small_snapshot()->getMetrics()[1]);
  EXPECT_EQ(std::string{metric->getName().cStr()}, "m1");
  EXPECT_TRUE(msg<wire::Metric>::load(metric.bytes()));
}

TEST(msg, a_message_built_of_many_segments_is_one) {
  capnp::MallocMessageBuilder scratch{1, capnp::AllocationStrategy::FIXED_SIZE};
  auto root = scratch.initRoot<wire::Snapshot>();
  root.setVersion("v1");
  auto metrics = root.initMetrics(50);
  for (auto metric : metrics)
    metric.setName("a name that takes some words");
  ASSERT_GT(scratch.getSegmentsForOutput().size(), 1u);
  auto adopted = msg<wire::Snapshot>::adopt(scratch);
  EXPECT_EQ(adopted->getMetrics().size(), 50u);
  auto loaded = msg<wire::Snapshot>::load(adopted.bytes());
  ASSERT_TRUE(loaded) << text_of(loaded.error());
  EXPECT_EQ(to_json(*loaded), to_json(adopted));
}

TEST(msg, many_threads_read_one_message) {
  auto shared = small_snapshot();
  auto expected = to_json(shared);
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, copy = shared] {
      for (int i = 0; i < 200; ++i)
        right += to_json(copy) == expected;
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(right, 800);
}

// -- loading --------------------------------------------------------------------

class msg_round_trip : public testing::TestWithParam<wire_type> {};
INSTANTIATE_TEST_SUITE_P(all, msg_round_trip, testing::ValuesIn(json_types()), name_of_type);

TEST_P(msg_round_trip, bytes_load_as_what_they_were) {
  HIVE_RANDOM_SEED(seed);
  random_filler filler{seed};
  for (int round = 0; round < 20; ++round) {
    auto original = GetParam().random(filler);
    std::string shifted = "x" + std::string{original.bytes}; // loading must not depend on alignment
    auto loaded = GetParam().load(std::string_view{shifted}.substr(1));
    ASSERT_TRUE(loaded) << text_of(loaded.error());
    EXPECT_TRUE(same_content(original.root, loaded->root));
    auto again = GetParam().load(loaded->bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->bytes, loaded->bytes) << "a loaded message is tidy already";
    auto stored = GetParam().load_stored(std::string_view{shifted}.substr(1));
    ASSERT_TRUE(stored) << text_of(stored.error());
    EXPECT_TRUE(same_content(original.root, stored->root));
  }
}

/// Damages `bytes` in one of the ways that broken disks and hostile peers do.
void damage(std::string& bytes, std::mt19937& random) {
  auto at = random() % bytes.size();
  switch (random() % 5) {
  case 0:
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    break;
  case 1:
    bytes.resize(at);
    break;
  case 2:
    bytes.resize(at - at % 8);
    break;
  case 3: { // a whole word, since pointers are whole words
    uint64_t word = uint64_t{random()} << 32 | random();
    bytes.replace(at - at % 8, 8, reinterpret_cast<const char*>(&word), 8);
    break;
  }
  default:
    bytes.replace(at, 1, std::string(1 + random() % 9, static_cast<char>(random())));
  }
}

TEST_P(msg_round_trip, damaged_bytes_are_refused_or_hold_all_rules) {
  HIVE_RANDOM_SEED(seed);
  random_filler filler{seed};
  for (int round = 0; round < 500; ++round) { // for each of 30 types
    std::string bytes{GetParam().random(filler).bytes};
    for (auto count = 1 + filler.random()() % 3; count > 0 && !bytes.empty(); --count)
      damage(bytes, filler.random());
    auto loaded = GetParam().load(bytes), stored = GetParam().load_stored(bytes);
    ASSERT_EQ(bool(loaded), bool(stored));
    if (!loaded) {
      EXPECT_NE(text_of(loaded.error()), "");
      EXPECT_EQ(text_of(stored.error()), text_of(loaded.error()));
      continue;
    }
    EXPECT_FALSE(check(loaded->root));
    EXPECT_NE(loaded->json(), "");
    EXPECT_TRUE(GetParam().load(loaded->bytes));
    EXPECT_FALSE(check(stored->root));
    EXPECT_EQ(stored->json(), loaded->json());
  }
}

TEST(msg, stored_bytes_with_gaps_are_loaded_without_them) {
  capnp::MallocMessageBuilder scratch;
  auto root = scratch.initRoot<wire::Snapshot>();
  root.setVersion("replaced by another, which leaves a gap");
  root.setVersion("v1");
  auto with_gap = msg<wire::Snapshot>::adopt(scratch);
  auto loaded = msg<wire::Snapshot>::load_stored(with_gap.bytes());
  ASSERT_TRUE(loaded) << text_of(loaded.error());
  EXPECT_LT(loaded->bytes().size(), with_gap.bytes().size());
  EXPECT_EQ(to_json(*loaded), to_json(with_gap));
}

TEST(msg, bytes_that_are_no_stream_are_malformed) {
  for (const auto& bytes : {std::string{}, std::string(7, '\0'), std::string(9, '\0'), std::string(8, '\xff'),
                            std::string("\0\0\0\0\xff\xff\xff\x7f", 8), std::string("\xff\xff\xff\xff\0\0\0\0", 8)}) {
    auto loaded = msg<wire::Snapshot>::load(bytes);
    ASSERT_FALSE(loaded) << testing::PrintToString(bytes);
    EXPECT_EQ(code_of(loaded.error()), ec::malformed);
  }
}

TEST(msg, every_prefix_of_a_message_is_refused) {
  auto whole = std::string{small_snapshot().bytes()};
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(msg<wire::Snapshot>::load(std::string_view{whole}.substr(0, length))) << length;
}

TEST(msg, size_limits_are_those_of_the_type) {
  std::string large((size_t{1} << 20) + 8, '\0');
  EXPECT_EQ(code_of(msg<wire::BenchmarkName>::load(large).error()), ec::too_large);
  EXPECT_NE(code_of(msg<wire::Snapshot>::load(large).error()), ec::too_large);
  large.resize((size_t{8} << 20) + 8);
  auto refused = msg<wire::Snapshot>::load(large);
  EXPECT_EQ(code_of(refused.error()), ec::too_large);
  EXPECT_THAT(text_of(refused.error()), HasSubstr("at most 8388608"));
}

/// A single-segment stream from its words.
std::string stream(const std::vector<uint64_t>& words) {
  std::string out(8 + words.size() * 8, '\0');
  auto count = static_cast<uint32_t>(words.size());
  std::memcpy(out.data() + 4, &count, sizeof count);
  std::memcpy(out.data() + 8, words.data(), words.size() * 8);
  return out;
}

TEST(msg, a_short_message_cannot_unfold_into_a_long_one) {
  // The root has no data and one pointer, to a list of 2^29 - 1 zero-sized elements.
  constexpr uint64_t root = uint64_t{1} << 48;
  constexpr uint64_t endless_list = (uint64_t{0x1FFFFFFF} << 35) | 1;
  auto loaded = msg<wire::BenchmarkList>::load(stream({root, endless_list}));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(code_of(loaded.error()), ec::malformed);
  // Likewise with a composite list, whose tag states the number of empty structs in it.
  constexpr uint64_t composite = (uint64_t{7} << 32) | 1;
  constexpr uint64_t tag = uint64_t{0x3FFFFFFF} << 2 >> 1 << 1;
  auto second = msg<wire::BenchmarkList>::load(stream({root, composite, tag & 0xFFFFFFFC}));
  ASSERT_FALSE(second);
  EXPECT_EQ(code_of(second.error()), ec::malformed);
}

TEST(msg, pointers_that_run_in_a_circle_end) {
  // StartCapture's only pointer points to the root itself.
  constexpr uint64_t root = uint64_t{1} << 48;
  constexpr uint64_t back = (uint64_t{1} << 48) | (static_cast<uint32_t>(-1) << 2);
  EXPECT_FALSE(msg<wire::StartCapture>::load(stream({root, back})));
}

TEST(msg, rules_of_the_schema_hold_for_bytes_too) {
  auto nameless = msg<wire::BenchmarkName>::build([](auto) {});
  auto loaded = msg<wire::BenchmarkName>::load(nameless.bytes());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(code_of(loaded.error()), ec::invalid);
  EXPECT_EQ(text_of(loaded.error()), "/name is required");
}

// -- travelling between nodes -----------------------------------------------------

struct travel_test : testing::Test {
  travel_test() {
    config.add_message_type<msg<wire::Snapshot>>("hive.Snapshot");
    config.add_error_category(caf::atom("hive"), render_error);
    config.set("logger.verbosity", caf::atom("quiet"));
  }

  caf::actor_system_config config;
};

TEST_F(travel_test, messages_survive_serialisation_by_caf) {
  caf::actor_system system{config};
  auto sent = small_snapshot();
  std::vector<char> wire_bytes;
  caf::binary_serializer out{system, wire_bytes};
  auto whole = caf::make_message(sent);
  ASSERT_FALSE(out(whole));
  caf::message received;
  caf::binary_deserializer in{system, wire_bytes};
  ASSERT_FALSE(in(received));
  ASSERT_TRUE(received.match_elements<msg<wire::Snapshot>>());
  EXPECT_EQ(to_json(received.get_as<msg<wire::Snapshot>>(0)), to_json(sent));
}

TEST_F(travel_test, a_damaged_message_fails_to_arrive) {
  caf::actor_system system{config};
  std::vector<char> wire_bytes;
  caf::binary_serializer out{system, wire_bytes};
  auto broken = msg<wire::BenchmarkName>{}; // lacks the required name
  ASSERT_FALSE(out(broken));
  msg<wire::BenchmarkName> received;
  caf::binary_deserializer in{system, wire_bytes};
  auto error = in(received);
  ASSERT_TRUE(error);
  EXPECT_EQ(code_of(error), ec::invalid);
}

// -- old bytes --------------------------------------------------------------------

/// Types that are stored or sent, whose bytes must stay readable forever. Each has NAME.bin, written once, and
/// NAME.json, its content at that time. Fields that a later schema adds have their defaults in both.
std::vector<wire_type> golden_types() {
  return wire_type::all_of<wire::Snapshot, wire::SeriesPoint, wire::CommandSpec, wire::ModelInput,
                           wire::WorldModelInput, wire::GuardrailManifest, wire::CaptureRequest, wire::ImportSnapshot,
                           wire::UpgradeQuery, wire::UpgradeCheck, wire::RecordTasks, wire::ResearchSession,
                           wire::TaskSource, wire::LearningDelta, wire::SharedTools, wire::SharedResults,
                           wire::HiveDigest, wire::MemberClaims>();
}

class golden : public testing::TestWithParam<wire_type> {
protected:
  static std::filesystem::path file(const char* extension) {
    return std::filesystem::path{HIVE_TEST_DATA} / "golden" / (GetParam().name + extension);
  }

  static std::string content(const char* extension) {
    std::ifstream in{file(extension), std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  /// Writes only missing files: golden bytes are never rewritten.
  static void write_missing() {
    if (std::filesystem::exists(file(".bin")))
      return;
    random_filler filler{static_cast<uint32_t>(GetParam().name.size())};
    auto made = GetParam().random(filler);
    std::ofstream{file(".bin"), std::ios::binary} << made.bytes;
    std::ofstream{file(".json"), std::ios::binary} << made.pretty_json() << "\n";
  }
};
INSTANTIATE_TEST_SUITE_P(all, golden, testing::ValuesIn(golden_types()), name_of_type);

TEST_P(golden, old_bytes_say_what_they_said) {
  if (std::getenv("HIVE_WRITE_GOLDEN"))
    write_missing();
  auto bytes = content(".bin");
  ASSERT_FALSE(bytes.empty()) << file(".bin") << " is missing; HIVE_WRITE_GOLDEN=1 writes it";
  auto loaded = GetParam().load(bytes);
  ASSERT_TRUE(loaded) << text_of(loaded.error());
  json_error why;
  auto said = GetParam().from_json(content(".json"), why);
  ASSERT_TRUE(said) << why.message();
  EXPECT_TRUE(same_content(said->root, loaded->root)) << loaded->pretty_json();
}

/// Checks the values that old bytes give to fields added later.
TEST(golden_metrics, of_old_bytes_gate_and_state_no_margin) {
  std::ifstream in{std::string{HIVE_TEST_DATA} + "/golden/ImportSnapshot.bin", std::ios::binary};
  auto loaded = msg<wire::ImportSnapshot>::load(std::string{std::istreambuf_iterator<char>{in}, {}});
  ASSERT_TRUE(loaded) << text_of(loaded.error());
  auto metrics = (*loaded)->getSnapshot().getMetrics();
  ASSERT_EQ(metrics.size(), 3u);
  for (auto metric : metrics) {
    EXPECT_TRUE(metric.getGate());
    EXPECT_TRUE(std::isnan(metric.getAbsoluteMargin()));
    EXPECT_TRUE(std::isnan(metric.getMargin()));
    EXPECT_TRUE(std::isnan(metric.getResolution()));
    EXPECT_EQ(metric.getKind(), wire::MetricKind::CONTINUOUS);
    EXPECT_FALSE(metric.getAdvisory());
    EXPECT_EQ(metric.getSameEnvironment().size(), 0u);
  }
  auto json = to_json(*loaded);
  for (auto field : {"gate", "margin", "resolution", "kind", "advisory", "same_environment", "contention", "governor"})
    EXPECT_THAT(json, testing::Not(HasSubstr(field)));
}

TEST(metrics, keep_their_rules_in_json) {
  constexpr auto text = R"({"metrics":{"m":{"value":1,"direction":"lower","unit":"ms","samples":[],"gate":false,)"
                        R"("absolute_margin":2,"floor":3,"margin":0.1,"resolution":0.5,"kind":"count",)"
                        R"("advisory":true,"same_environment":["gpu","driver"]}}})";
  auto metrics = from_json<wire::Measurement>(text);
  ASSERT_TRUE(metrics);
  EXPECT_EQ(to_json(*metrics), text);
  auto wrong = [](const std::string& rule) {
    json_error why;
    auto read = from_json<wire::Measurement>(R"({"metrics":{"m":{"value":1,"direction":"lower",)" + rule + "}}}", why);
    return read ? std::string{"taken"} : why.message();
  };
  EXPECT_THAT(wrong(R"("margin":0.96)"), HasSubstr("/metrics/m/margin"));
  EXPECT_THAT(wrong(R"("margin":-0.1)"), HasSubstr("/metrics/m/margin"));
  EXPECT_THAT(wrong(R"("resolution":-1)"), HasSubstr("/metrics/m/resolution"));
  EXPECT_THAT(wrong(R"("kind":"many")"), HasSubstr("/metrics/m/kind"));
  EXPECT_THAT(wrong(R"("advisory":1)"), HasSubstr("/metrics/m/advisory"));
  EXPECT_THAT(wrong(R"("same_environment":"gpu")"), HasSubstr("/metrics/m/same_environment"));
}

TEST(contention, is_null_where_it_is_unknown) {
  auto outcome = msg<wire::AdapterOutcome>::build([](wire::AdapterOutcome::Builder out) {
    out.setName("a");
    out.initContention().setSteal(.25);
    out.getContention().setCaptures(1);
  });
  EXPECT_THAT(to_json(outcome), HasSubstr(R"("contention":{"steal":0.25,"captures":1})"));
}

TEST(golden_queries, an_old_question_for_a_policy_is_asked_strictly) {
  for (uint16_t policy : {0, 1}) { // values of the retired field, whose default was threshold
    auto old = msg<wire::UpgradeQuery>::build([&](wire::UpgradeQuery::Builder out) {
      out.setOld("v1");
      out.setNew("v2");
      out.setPolicyBeforeStrict(static_cast<wire::Policy>(policy));
    });
    EXPECT_EQ(old->getPolicy(), wire::Policy::STRICT);
    EXPECT_EQ(to_json(old), R"({"old":"v1","new":"v2","policy":"strict"})") << "nobody sees retired fields";
  }
  EXPECT_FALSE(from_json<wire::UpgradeQuery>(R"({"old":"v1","new":"v2","policy_before_strict":"threshold"})"));
}

} // namespace
} // namespace hive
