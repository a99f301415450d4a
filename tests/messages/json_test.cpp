#include "messages/json.hpp"

#include "messages/annotations.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/cluster_upgrade.capnp.h"
#include "messages/json_pieces.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/tracker.capnp.h"
#include "messages/upgrade.capnp.h"
#include "tests/messages/random_message.hpp"
#include "tests/messages/wire_types.hpp"
#include "tests/support/seed.hpp"

#include <cmath>
#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::HasSubstr;
using testing::Not;

template <class T>
json_error refusal(std::string_view text) {
  json_error why;
  auto read = from_json<T>(text, why);
  EXPECT_FALSE(read) << text.substr(0, 200);
  return why;
}

/// The error when `text` is decoded as the body of a capture, in one line.
std::string capture_refusal(std::string_view text) {
  auto why = refusal<wire::CaptureRequest>(text);
  return std::string{to_string(why.code)} + ": " + why.message();
}

// -- round trips ----------------------------------------------------------------

class json_round_trip : public testing::TestWithParam<wire_type> {};
INSTANTIATE_TEST_SUITE_P(all, json_round_trip, testing::ValuesIn(json_types()), name_of_type);

TEST_P(json_round_trip, what_was_written_reads_back) {
  HIVE_RANDOM_SEED(seed);
  random_filler filler{seed};
  for (int round = 0; round < 50; ++round) {
    auto original = GetParam().random(filler);
    ASSERT_FALSE(check(original.root)) << check(original.root)->pointer << " " << check(original.root)->rule;
    for (const auto& text : {original.json(), original.pretty_json()}) {
      json_error why;
      auto back = GetParam().from_json(text, why);
      ASSERT_TRUE(back) << why.message() << "\n" << text;
      ASSERT_TRUE(same_content(original.root, back->root)) << text;
      ASSERT_EQ(back->json(), original.json());
    }
  }
}

TEST_P(json_round_trip, damaged_documents_are_refused_or_read_but_never_crash) {
  HIVE_RANDOM_SEED(seed);
  random_filler filler{seed};
  for (int round = 0; round < 200; ++round) {
    auto text = GetParam().random(filler).json();
    for (auto edits = 1 + filler.random()() % 4; edits > 0 && !text.empty(); --edits) {
      auto at = filler.random()() % text.size();
      switch (filler.random()() % 4) {
      case 0:
        text[at] = static_cast<char>(filler.random()());
        break;
      case 1:
        text.erase(at, 1 + filler.random()() % 8);
        break;
      case 2:
        text.insert(at, text.substr(filler.random()() % text.size(), 1 + filler.random()() % 16));
        break;
      default:
        text.resize(at);
      }
    }
    json_error why;
    if (auto read = GetParam().from_json(text, why))
      EXPECT_FALSE(check(read->root));
    else
      EXPECT_FALSE(why.text.empty());
  }
}

TEST_P(json_round_trip, pieces_make_the_whole) {
  HIVE_RANDOM_SEED(seed);
  random_filler filler{seed};
  for (int round = 0; round < 50; ++round) {
    auto original = GetParam().random(filler);
    detail::json_writer writer{original.root};
    std::string all;
    bool more = true;
    while (more) {
      std::string piece;
      more = writer.write(piece, 1 + filler.random()() % 64);
      all += piece;
    }
    ASSERT_EQ(all, original.json());
    ASSERT_FALSE(writer.write(all, all.size() + 1)) << "nothing follows the end";
    ASSERT_EQ(all, original.json());
  }
}

// -- reading --------------------------------------------------------------------

TEST(json, what_is_no_json_is_malformed) {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "{\"version\"}",
                           "{\"version\":}",
                           "{\"version\":\"v\"",
                           "{'version':'v'}",
                           "{\"version\":\"v\",}",
                           "{\"version\":\"v\"}{}",
                           "{\"version\":\"v\"}]",
                           "{version:1}",
                           "{\"version\":\"\\x\"}",
                           "{\"version\":\"\\u12\"}",
                           "{\"version\":tru}",
                           "{\"version\":+1}",
                           "{\"version\":.5}",
                           "{\"version\":1.}",
                           "{\"version\":1e}",
                           "{\"version\":NaN}",
                           "{\"version\":-Infinity}",
                           "{\"version\":\"v\" \"tier\":\"fast\"}",
                           "// x\n{}",
                           "{\"version\":\"a\nb\"}",
                           "{\"version\":\"a\x1f\"}",
                           "{\"version\":01}",
                           "{\"version\":-}",
                           "{\"version\":\"\\u00g0\"}",
                           "{\"version\":\"\\U0041\"}",
                           "{\"version\":\"\\u0000\"}",
                           "{\"version\":\"\xc3\x28\"}",
                           "\xff",
                           "\xef\xbb\xbf{}"})
    EXPECT_THAT(capture_refusal(text), HasSubstr("malformed: ")) << text;
  EXPECT_THAT(capture_refusal(std::string_view{"{\"version\":\"v\"}\0", 16}), HasSubstr("malformed: "));
}

TEST(json, other_json_than_an_object_is_invalid) {
  for (const char* text : {"null", "1", "\"v\"", "[]", "true"})
    EXPECT_THAT(capture_refusal(text), HasSubstr("invalid: must be an object, not ")) << text;
}

TEST(json, faults_are_named_with_their_place) {
  EXPECT_EQ(capture_refusal("{}"), "invalid: /version is required");
  EXPECT_EQ(capture_refusal(R"({"version":null})"), "invalid: /version must be a string, not null");
  EXPECT_EQ(capture_refusal(R"({"version":"v","x~/y":1})"), "invalid: /x~0~1y is not a known field");
  EXPECT_EQ(capture_refusal(R"({"version":"v","gitSha":"a"})"), "invalid: /gitSha is not a known field");
  EXPECT_EQ(capture_refusal(R"({"version":"v","tier":0})"), "invalid: /tier must be a string, not a number");
  EXPECT_EQ(capture_refusal(R"({"version":"v","tier":"Fast"})"),
            "invalid: /tier must be one of fast, heavy, all, dynamic");
  EXPECT_EQ(capture_refusal(R"({"version":"v","wait":"true"})"), "invalid: /wait must be true or false, not a string");
  EXPECT_EQ(capture_refusal(R"({"version":"v","git_sha":["a"]})"), "invalid: /git_sha must be a string, not an array");
}

TEST(json, doubled_names_are_refused_also_when_written_differently) {
  EXPECT_EQ(capture_refusal(R"({"version":"v","version":"v"})"), "invalid: /version is given twice");
  EXPECT_EQ(capture_refusal(R"({"version":"v","\u0076ersion":"w"})"), "invalid: /version is given twice");
  EXPECT_EQ(capture_refusal(R"({"version":"v","tier":null,"tier":"fast"})"), "invalid: /tier is given twice");
  EXPECT_EQ(
    refusal<wire::CommandSpec>(R"({"name":"n","command":["x"],"environment":{"A":"1","\u0041":"2"}})").message(),
    "/environment/A is given twice");
}

TEST(json, the_first_fault_of_a_document_is_told) {
  auto environment = [](const std::string& members) {
    return refusal<wire::CommandSpec>(R"({"name":"n","command":["x"],"environment":{)" + members + "}}").message();
  };
  EXPECT_EQ(environment(R"("A":"1","B":"2","B":"3","A":4)"), "/environment/B is given twice");
  EXPECT_EQ(environment(R"("A":"1","A":2,"B":3)"), "/environment/A is given twice");
  EXPECT_EQ(environment(R"("A":"1","B":3,"A":2)"), "/environment/B must be a string, not a number");
  // What is no JSON comes before all.
  EXPECT_THAT(environment(R"("A":"1","A":tru)"), HasSubstr("a value is missing"));
  EXPECT_THAT(capture_refusal(R"({"unknown":1,"version":"v"} x)"), HasSubstr("something follows its end"));
  EXPECT_THAT(capture_refusal(R"({"version":[1,{"a":01}]})"), HasSubstr("a number is not written as JSON"));
}

TEST(json, few_bytes_cannot_become_a_long_list_of_large_structs) {
  std::string many = R"({"observations":[{})";
  for (int i = 0; i < 500'000; ++i)
    many += ",{}";
  EXPECT_THAT(refusal<wire::ObserveModel>(many + "]}").message(), HasSubstr("it holds more than 500000 values"));
}

TEST(json, integers_of_a_byte_have_their_range) {
  auto attempts = [](const std::string& number) {
    json_error why;
    auto read = from_json<wire::ProposeUpgrade>(R"({"from":"v1","to":"v2","attempts":)" + number + "}", why);
    return read ? std::to_string((*read)->getAttempts()) : why.message();
  };
  EXPECT_EQ(attempts("16"), "16");
  EXPECT_EQ(attempts("256"), "/attempts is out of range");
  EXPECT_EQ(attempts("-1"), "/attempts is out of range");
  EXPECT_EQ(attempts("1.5"), "/attempts must be an integer");
}

TEST(json, null_means_not_given) {
  auto read =
    from_json<wire::CaptureRequest>(R"({"version":"v","git_sha":null,"tier":null,"repeats":null,"wait":null})");
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_EQ(to_json(*read), R"({"version":"v","tier":"fast","wait":true})");
}

TEST(json, no_text_with_nul_gets_in_by_any_way) {
  for (const char* text : {R"({"version":"v\u0000"})", R"({"version":"v","git_sha":"\u0000"})",
                           R"({"version\u0000":"v"})", R"({"version":"v","tier":"\u0000"})"})
    EXPECT_THAT(capture_refusal(text),
                HasSubstr("malformed: the document is not valid JSON: a string holds NUL, at column"));
}

TEST(json, half_of_a_surrogate_pair_is_refused) {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\ud800")", R"("\udc00\ud800")",
                           R"("\ud800\n")", R"("\uDBFF\u0041")"})
    EXPECT_THAT(capture_refusal(std::string{R"({"version":"v","git_sha":)"} + text + "}"),
                HasSubstr("half of a surrogate pair"))
      << text;
}

TEST(json, escapes_become_what_they_mean) {
  auto read =
    from_json<wire::PageQuery>(R"({"after":"\"\\\/\b\f\n\r\t\u00e9\u20AC\ud834\udd1e\u0022\u005c\u002f\u001f"})");
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_EQ(std::string{(*read)->getAfter().cStr()}, "\"\\/\b\f\n\r\té€𝄞\"\\/\x1f");
}

TEST(json, what_is_no_json_is_named_with_its_place) {
  const std::pair<const char*, const char*> cases[] = {
    {"{", "it ends too early, at column 2"},
    {"nope", "a value is missing, at column 1"},
    {"{\"a\":tru}", "a value is missing, at column 6"},
    {"{\"a\":1 \"b\":2}", "a ',' is missing, at column 8"},
    {"{\"a\":1,}", "a member's name in quotes is missing, at column 8"},
    {"{a:1}", "a member's name in quotes is missing, at column 2"},
    {"{\"a\" 1}", "a ':' is missing, at column 6"},
    {"[1,]", "a value is missing, at column 4"},
    {"[1}", "a ',' is missing, at column 3"},
    {"{\n  \"a\": 1\n} x\n", "something follows its end, at line 3, column 3"},
    {"{\n\"a\":\"\x01\"}", "a string holds a control character that is not escaped, at line 2, column 6"},
    {"[01]", "a number is not written as JSON, at column 3"},
    {"\xEF\xBB\xBF{}", "a value is missing, at column 1"},
  };
  for (const auto& [text, why] : cases)
    EXPECT_EQ(capture_refusal(text), std::string{"malformed: the document is not valid JSON: "} + why) << text;
}

TEST(json, a_missing_quote_is_named_where_the_document_first_makes_no_sense) {
  const std::pair<const char*, const char*> cases[] = {
    {"{\"a\":1,b\":2}", "a member's name in quotes is missing, at column 8"},
    {"{\"a:1}", "a string does not end, at column 7"},
    {"{\"a\":\"b}", "a string does not end, at column 9"},
    {"{\"a\":\"b\\", "a string does not end, at column 9"},
    {"\"", "a string does not end, at column 2"},
    {"{}\"", "something follows its end, at column 3"},
    {"{\n\"a: 1,\n\"b\": 2}", "a string holds a control character that is not escaped, at line 2, column 7"},
  };
  for (const auto& [text, why] : cases)
    EXPECT_EQ(capture_refusal(text), std::string{"malformed: the document is not valid JSON: "} + why) << text;
}

// The reader wraps a document in brackets, and must not confuse them with the document's own.
TEST(json, a_document_is_one_value_whatever_brackets_it_holds) {
  for (const char* text :
       {"]",  "]true", "]\"\"", "][",  "],[", "{}]",     "{},{}", "{}][{}",    "1,2",       "[]]",  "[",
        "1]", ":",     ",",     "{}}", "}{",  "1e400 x", "1 2",   "null null", "\"\" \"\"", "{} \\"})
    EXPECT_THAT(capture_refusal(text), HasSubstr("malformed: the document is not valid JSON: ")) << text;
}

TEST(json, what_no_field_takes_must_be_json_too) {
  auto with = [](const std::string& value) {
    json_error why;
    auto read = from_json<wire::LearningDelta>(R"({"coding_benchmarks":{"fix":{}},"unknown":)" + value + "}", why);
    return read ? "accepted" : why.message();
  };
  auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  for (const auto& good : {std::string{R"({"a":[1,"\u00e9",null,{}],"a":true})"}, std::string{"1e400"}, nested(31)})
    EXPECT_EQ(with(good), "accepted") << good;
  EXPECT_THAT(with(nested(32)), HasSubstr("it is nested more than 32 deep, at column"));
  for (const char* wrong : {"[1 2]",
                            "[1,]",
                            "{\"a\" 1}",
                            "{\"a\":1,}",
                            "{1:1}",
                            "\"\\x\"",
                            "\"\\ud800\"",
                            "\"\\u0000\"",
                            "{\"\\u0000\":1}",
                            "tru",
                            "truex",
                            "nul",
                            "nullx",
                            "nan",
                            "01",
                            "-",
                            "1.",
                            ".5",
                            "1e",
                            "1e+",
                            "1x",
                            "01e999",
                            "1.e999",
                            "-.5e999",
                            "1e999x",
                            "0x10",
                            "--1",
                            "1e99999999999999999999x",
                            "[1}",
                            "{\"a\":[}]"})
    EXPECT_THAT(with(wrong), HasSubstr("the document is not valid JSON: ")) << wrong;
}

TEST(json, few_bytes_cannot_become_much_memory) {
  std::string many = "[1";
  for (int i = 0; i < 500'000; ++i)
    many += ",1";
  EXPECT_THAT(capture_refusal(many + "]"), HasSubstr("it holds more than 500000 values"));
}

TEST(json, nesting_is_bounded) {
  for (size_t depth : {100u, 1'000'000u}) {
    EXPECT_THAT(capture_refusal(std::string(depth, '[')), HasSubstr("malformed: "));
    std::string objects;
    for (size_t i = 0; i < depth; ++i)
      objects += "{\"a\":";
    EXPECT_THAT(capture_refusal(objects), HasSubstr("malformed: "));
    EXPECT_THAT(capture_refusal(std::string(depth, '[') + std::string(depth, ']')), HasSubstr("malformed: "));
  }
}

TEST(json, integers_are_whole_and_in_range) {
  auto repeats = [](const std::string& number) {
    return from_json<wire::CaptureRequest>(R"({"version":"v","repeats":)" + number + "}");
  };
  for (const char* good : {"0", "1000", "1e2", "10.0", "\"7\"", "-0"})
    EXPECT_TRUE(repeats(good)) << good;
  for (const char* bad :
       {"-1", "1.5", "1001", "4294967296", "1e999", "-1e999", "9007199254740993", "123456789012345678901234567890",
        "\"\"", "\" 7\"", "\"7 \"", "\"+7\"", "\"0x7\"", "\"7.0\"", "\"99999999999\"", "true", "[1]"})
    EXPECT_FALSE(repeats(bad)) << bad;
}

TEST(json, large_integers_travel_as_strings) {
  for (uint64_t value : {uint64_t{1} << 53, (uint64_t{1} << 53) + 1, UINT64_MAX}) {
    auto original = msg<wire::MeasureRequest>::build([&](auto out) { out.setCaptureId(value); });
    auto text = to_json(original);
    EXPECT_EQ(text.find("\"capture_id\":\"") != text.npos, value > uint64_t{1} << 53) << text;
    auto back = from_json<wire::MeasureRequest>(text);
    ASSERT_TRUE(back) << text_of(back.error());
    EXPECT_EQ((*back)->getCaptureId(), value);
  }
  EXPECT_EQ(refusal<wire::MeasureRequest>(R"({"capture_id":9007199254740994})").message(),
            "/capture_id integers beyond 2^53 must be given as strings");
  EXPECT_EQ(refusal<wire::MeasureRequest>(R"({"capture_id":"18446744073709551616"})").message(),
            "/capture_id must be an integer");
}

TEST(json, numbers_are_finite_and_exact) {
  auto value = [](const std::string& number) {
    return from_json<wire::Metric>(R"({"name":"m","direction":"lower","value":)" + number + "}");
  };
  for (double exact : {0.1, 1e-320, 1.7976931348623157e308, 4.9e-324, -0.0, 12345.678901234567}) {
    auto original = msg<wire::Metric>::build([&](wire::Metric::Builder out) {
      out.setName("m");
      out.setValue(exact);
    });
    auto back = from_json<wire::Metric>(to_json(original));
    ASSERT_TRUE(back) << to_json(original);
    EXPECT_EQ((*back)->getValue(), exact) << to_json(original);
  }
  EXPECT_TRUE(std::isnan((*value("null"))->getValue()));
  EXPECT_THAT(text_of(value("1e400").error()), HasSubstr("/value must be finite"));
  EXPECT_THAT(text_of(value("-1e400").error()), HasSubstr("/value must be finite"));
  EXPECT_THAT(text_of(value("\"1\"").error()), HasSubstr("/value must be a number, not a string"));
  EXPECT_THAT(text_of(value(std::string(400, '9')).error()), HasSubstr("/value must be finite"));
}

TEST(json, numbers_are_read_to_the_nearest_double_however_they_are_written) {
  const std::pair<const char*, double> cases[] = {
    {"0.8198557055898828549445057", 0.8198557055898828549445057},
    {"0.001234567890123456789012345678900", 0.001234567890123456789012345678900},
    {"-0.123456789012345678901234567890000", -0.12345678901234567890},
    {"12345.678901234567890123456789", 12345.678901234567890123456789},
    {"123456789012345678901234567890", 123456789012345678901234567890.0},
    {"18446744073709551616", 18446744073709551616.0},
    {"9007199254740993", 9007199254740992.0},
    {"0.30000000000000004", 0.30000000000000004},
    {"2.2250738585072011e-308", 2.2250738585072011e-308},
    {"2.4703282292062328e-324", 4.9e-324},
    {"2.4703282292062327e-324", 0},
    {"1e-400", 0},
    {"777253941e-4000786112490254011013537518592105", 0},
    {"0e99999999999999999999", 0},
    {"1E+2", 100},
  };
  for (auto [text, number] : cases) {
    auto read = from_json<wire::Metric>(R"({"name":"m","direction":"lower","value":)" + std::string{text} + "}");
    ASSERT_TRUE(read) << text;
    EXPECT_EQ((*read)->getValue(), number) << text;
  }
  auto large = refusal<wire::Metric>(R"({"name":"m","direction":"lower","value":1e99999999999999999999})");
  EXPECT_EQ(large.message(), "/value must be finite");
}

TEST(json, numbers_that_are_not_nullable_refuse_null_only_as_elements) {
  EXPECT_EQ(refusal<wire::Metric>(R"({"name":"m","direction":"lower","value":1,"samples":[1,null]})").message(),
            "/samples/1 must be a number, not null");
}

TEST(json, times_are_iso_8601) {
  auto time = [](const std::string& text) {
    return from_json<wire::Snapshot>(R"({"version":"v","captured_at":")" + text + "\"}");
  };
  EXPECT_EQ((*time("2026-02-24T12:00:00Z"))->getCapturedAt(), 1'771'934'400'000'000);
  EXPECT_EQ((*time("2026-02-24T13:30:00.5+01:30"))->getCapturedAt(), 1'771'934'400'500'000);
  EXPECT_EQ((*time("2026-02-24T12:00:00"))->getCapturedAt(), 1'771'934'400'000'000);
  for (const char* wrong : {"", "now", "2026-02-30T00:00:00Z", "2026-02-24", "2026-02-24T24:00:00Z",
                            "2026-02-24T12:60:00Z", "1969-12-31T23:59:59Z", "2026-02-24T12:00:00ZZ",
                            "2026-02-24T12:00:00.Z", "2026-02-24T12:00:00.1234567890Z", "+026-02-24T12:00:00Z"})
    EXPECT_THAT(text_of(time(wrong).error()), HasSubstr("/captured_at must be an ISO-8601 time")) << wrong;
  EXPECT_THAT(refusal<wire::Snapshot>(R"({"version":"v","captured_at":1771934400})").text, HasSubstr("not a number"));
}

TEST(json, lists_with_a_key_are_objects) {
  auto read = from_json<wire::Snapshot>(
    R"({"version":"v","metrics":{"b":{"value":1,"direction":"higher"},"a/x":{"value":2,"direction":"lower"}}})");
  ASSERT_TRUE(read) << text_of(read.error());
  ASSERT_EQ((*read)->getMetrics().size(), 2u);
  EXPECT_EQ(std::string{(*read)->getMetrics()[1].getName().cStr()}, "a/x");
  EXPECT_THAT(to_json(*read), HasSubstr(R"("metrics":{"b":{"value":1,)"));
  EXPECT_EQ(refusal<wire::Snapshot>(R"({"version":"v","metrics":[]})").message(),
            "/metrics must be an object, not an array");
  EXPECT_EQ(
    refusal<wire::Snapshot>(R"({"version":"v","metrics":{"a":{"name":"a","value":1,"direction":"lower"}}})").message(),
    "/metrics/a/name is not a known field");
  EXPECT_EQ(refusal<wire::Snapshot>(R"({"version":"v","metrics":{"":{"value":1,"direction":"lower"}}})").code,
            ec::invalid);
}

TEST(json, a_key_with_one_value_makes_a_plain_map) {
  auto read = from_json<wire::CommandSpec>(R"({"name":"n","command":["x"],"environment":{"PATH":"/bin","E":""}})");
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_EQ(std::string{(*read)->getEnvironment()[0].getValue().cStr()}, "/bin");
  EXPECT_EQ(refusal<wire::CommandSpec>(R"({"name":"n","command":["x"],"environment":{"A":1}})").message(),
            "/environment/A must be a string, not a number");
}

// -- writing --------------------------------------------------------------------

TEST(json, what_is_read_on_import_is_not_written) {
  auto read = from_json<wire::Snapshot>(
    R"({"version":"v","benchmarks":{"a":{"metrics":{"m":{"value":1,"direction":"lower"}}},"b":{"error":"x"}}})");
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_EQ((*read)->getBenchmarks().size(), 2u);
  EXPECT_THAT(to_json(*read), Not(HasSubstr("benchmarks")));
}

TEST(json, defaults_that_say_nothing_are_left_out) {
  EXPECT_EQ(to_json(msg<wire::Snapshot>{}), R"({"tier":"fast","metrics":{},"adapters":{}})");
  auto numbered = msg<wire::Snapshot>::build([](auto out) { out.setCaptureId(4); });
  EXPECT_THAT(to_json(numbered), HasSubstr(R"("capture_id":4)"));
}

TEST(json, what_is_no_number_is_written_as_null) {
  auto text = to_json(msg<wire::MetricChange>::build([](wire::MetricChange::Builder out) {
    out.setOld(std::nan(""));
    out.setNew(INFINITY);
    out.setChangePct(-INFINITY);
  }));
  EXPECT_THAT(text, HasSubstr(R"("old":null,"new":null,"change_pct":null)"));
}

TEST(json, data_is_written_in_hex_and_not_read) {
  auto run = msg<wire::RunResult>::build(
    [](wire::RunResult::Builder out) { out.setStdout(kj::StringPtr("\x01\xff").asBytes()); });
  EXPECT_THAT(to_json(run), HasSubstr(R"("stdout":"01ff")"));
  EXPECT_EQ(refusal<wire::RunResult>(R"({"stdout":"01ff"})").message(), "/stdout cannot be given as JSON");
}

// -- parts that stand outside the document ----------------------------------------

TEST(json, fields_given_elsewhere_need_not_be_in_the_document_but_must_agree) {
  auto schema = capnp::Schema::from<wire::ObserveModel>();
  const field_rules* given[] = {find_field(schema, "id")};
  auto decode = [&](std::string_view text) {
    capnp::MallocMessageBuilder scratch;
    auto root = scratch.initRoot<wire::ObserveModel>();
    root.setId("m");
    auto wrong = detail::decode_json(text, root, given);
    EXPECT_EQ(std::string{root.getId().cStr()}, "m");
    return wrong ? wrong->message() : "fine";
  };
  EXPECT_EQ(decode(R"({"observations":[{}]})"), "fine");
  EXPECT_EQ(decode(R"({"id":"m","observations":[{}]})"), "fine");
  EXPECT_EQ(decode(R"({"id":"n","observations":[{}]})"), "/id must be the same as in the URL");
  EXPECT_EQ(decode(R"({"id":7,"observations":[{}]})"), "/id must be a string, not a number");
  EXPECT_EQ(decode(R"({"id":"m","id":"m","observations":[{}]})"), "/id is given twice");
}

TEST(json, a_document_may_be_one_field) {
  capnp::MallocMessageBuilder scratch;
  auto root = scratch.initRoot<wire::ObserveModel>();
  auto& field = *find_field(capnp::Schema::from<wire::ObserveModel>(), "observations");
  EXPECT_FALSE(detail::decode_json_field(R"([{"latency_ms":1},{}])", root, field));
  EXPECT_EQ(root.getObservations().size(), 2u);
  EXPECT_EQ(detail::decode_json_field(R"([{},{"latency":1}])", root, field)->message(),
            "/1/latency is not a known field");
  EXPECT_EQ(detail::decode_json_field("{}", root, field)->message(), "must be an array, not an object");
}

TEST(json, parameters_are_read_as_their_fields) {
  capnp::MallocMessageBuilder scratch;
  auto root = scratch.initRoot<wire::CommandSpec>();
  auto set = [&](const char* name, std::string_view text) {
    auto wrong = detail::decode_text(text, root, *find_field(capnp::Schema::from<wire::CommandSpec>(), name));
    return wrong ? *wrong : "fine";
  };
  EXPECT_EQ(set("requires_gpu", "true"), "fine");
  EXPECT_TRUE(root.getRequiresGpu());
  EXPECT_EQ(set("requires_gpu", "1"), "must be true or false");
  EXPECT_EQ(set("timeout_s", "1.5e1"), "fine");
  EXPECT_EQ(root.getTimeoutS(), 15.0);
  for (const char* wrong : {"", "x", "1 ", " 1", "+1", "0x1", "1,5"})
    EXPECT_EQ(set("timeout_s", wrong), "must be a number") << wrong;
  for (const char* endless : {"nan", "inf", "-inf"})
    EXPECT_EQ(set("timeout_s", endless), "must be finite") << endless;
  EXPECT_EQ(set("tier", "heavy"), "fine");
  EXPECT_EQ(set("tier", ""), "must be one of fast, heavy, all, dynamic");
  EXPECT_EQ(set("command", "a,b"), "fine");
  EXPECT_EQ(root.getCommand().size(), 2u);
  for (const char* wrong : {"a,,b", ",", ",a", "a,"})
    EXPECT_EQ(set("command", wrong), "has a comma too many") << wrong;
  EXPECT_EQ(set("command", ""), "fine");
  EXPECT_EQ(root.getCommand().size(), 0u);
  EXPECT_EQ(set("name", std::string_view{"a\0b", 3}), "is not UTF-8 text without NUL");
  EXPECT_EQ(set("name", "\xff"), "is not UTF-8 text without NUL");
}

} // namespace
} // namespace hive
