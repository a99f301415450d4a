#include "actors/otlp/export.hpp"

#include "actors/otlp/bounds.hpp"
#include "actors/otlp/gunzip.hpp"
#include "messages/ec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace hive::otlp {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

// -- protobuf by hand, as other programs write it -------------------------------------------------------------------

std::string varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7)
    out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}

std::string field(int number, const std::string& content) {
  return varint(static_cast<uint64_t>(number) << 3 | 2) + varint(content.size()) + content;
}

std::string fixed64_field(int number, uint64_t value) {
  auto out = varint(static_cast<uint64_t>(number) << 3 | 1);
  for (int i = 0; i < 8; ++i)
    out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string varint_field(int number, uint64_t value) {
  return varint(static_cast<uint64_t>(number) << 3) + varint(value);
}

std::string attribute_field(int number, const std::string& key, const std::string& value) {
  return field(number, field(1, key) + field(2, value));
}

std::string export_of(const std::string& span_fields) {
  auto service = attribute_field(1, "service.name", field(1, "shop"));
  return field(1, field(1, service) + field(2, field(2, span_fields)));
}

const std::string ids = field(1, std::string(16, '\x1f')) + field(2, std::string(8, '\x02'));

TEST(protobuf_export, reads_what_matters_and_skips_the_rest) {
  auto whole = ids + field(3, "tracestate") + field(4, std::string(8, '\x03')) + field(5, "a name") +
               varint_field(6, 1) + fixed64_field(7, 5) + fixed64_field(8, 9) +
               attribute_field(9, "gen_ai.operation.name", field(1, "chat")) +
               attribute_field(9, "gen_ai.usage.input_tokens", varint_field(3, 12)) +
               attribute_field(9, "gen_ai.usage.output_tokens", fixed64_field(4, 0x4004000000000000)) + // 2.5
               attribute_field(9, "gen_ai.input.messages", field(1, "a long text")) +
               attribute_field(9, "gen_ai.agent.name", field(1, "\xff")) + field(11, field(2, "event")) +
               field(15, field(2, "it broke") + varint_field(3, 2)) + varint_field(16, 7);
  auto read = decode_protobuf_export(export_of(whole));
  ASSERT_TRUE(read) << text_of(read.error());
  ASSERT_EQ(read->resources.size(), 1u);
  EXPECT_EQ(read->resources[0].service_name, "shop");
  const auto& span = read->resources[0].spans.at(0);
  EXPECT_EQ(span.trace_id, "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f");
  EXPECT_EQ(span.span_id, "0202020202020202");
  EXPECT_EQ(span.parent_id, "0303030303030303");
  EXPECT_EQ(span.start_ns, 5u);
  EXPECT_EQ(span.end_ns, 9u);
  EXPECT_TRUE(span.is_error);
  EXPECT_THAT(span.attributes,
              UnorderedElementsAre(Pair("gen_ai.operation.name", "chat"), Pair("gen_ai.usage.input_tokens", "12"),
                                   Pair("gen_ai.usage.output_tokens", "2.5")));
}

TEST(protobuf_export, every_cut_is_refused_or_read) {
  auto whole = export_of(ids + attribute_field(9, "gen_ai.operation.name", field(1, "chat")));
  size_t refused = 0;
  for (size_t size = 1; size < whole.size(); ++size) {
    auto read = decode_protobuf_export(std::string_view{whole}.substr(0, size));
    refused += !read;
    if (!read) {
      EXPECT_EQ(code_of(read.error()), ec::malformed);
    }
  }
  EXPECT_EQ(refused, whole.size() - 1);
  EXPECT_TRUE(decode_protobuf_export(""));
}

TEST(protobuf_export, many_empty_parts_are_refused_before_they_take_memory) {
  std::string spans(2 * (size_t{defaults::max_export_fields} + 1), '\0');
  for (size_t i = 0; i < spans.size(); i += 2)
    spans[i] = '\x12'; // field 2, of length 0
  auto read = decode_protobuf_export(field(1, field(2, spans)));
  ASSERT_FALSE(read);
  EXPECT_EQ(code_of(read.error()), ec::too_large);
  for (size_t i = 0; i < spans.size(); i += 2)
    spans[i] = '\x0a'; // field 1: attributes of a resource
  EXPECT_EQ(code_of(decode_protobuf_export(field(1, field(1, spans))).error()), ec::too_large);
  for (size_t i = 0; i < spans.size(); i += 2)
    spans[i] = '\x4a'; // field 9: attributes of a span
  EXPECT_EQ(code_of(decode_protobuf_export(export_of(spans)).error()), ec::too_large);
}

TEST(protobuf_export, what_is_no_protobuf_is_malformed) {
  for (const auto& wrong : {"{}"s, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s, "\x0a\xff\xff\xff\xff\x0f"s, "\0"s,
                            field(1, "\x07"), field(1, field(2, field(2, "\x0a"))), "\x0b"s})
    EXPECT_EQ(code_of(decode_protobuf_export(wrong).error()), ec::malformed) << wrong;
}

TEST(protobuf_export, answers_are_what_the_specification_says) {
  EXPECT_EQ(encode_protobuf_answer(0, ""), "");
  EXPECT_EQ(encode_protobuf_answer(3, "why"), field(1, varint_field(1, 3) + field(2, "why")));
  EXPECT_EQ(encode_protobuf_status(3, "no"), varint_field(1, 3) + field(2, "no"));
}

// -- JSON -----------------------------------------------------------------------------------------------------------

TEST(json_export, reads_what_matters_and_skips_the_rest) {
  auto read = decode_json_export(R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":
    {"stringValue":"shop"}},{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}],"new":1},
    "schemaUrl":"x","scopeSpans":[{"scope":{"name":"lib"},"spans":[{"traceId":"1F1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f",
    "spanId":"0202020202020202","parentSpanId":"","name":"n","kind":1,"startTimeUnixNano":"1700000000000000001",
    "endTimeUnixNano":1700000000000000,"flags":257,"events":[],"links":[],"droppedAttributesCount":0,
    "status":{"code":2,"message":"it broke"},"attributes":[
    {"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},
    {"key":"gen_ai.usage.input_tokens","value":{"intValue":"12"}},
    {"key":"gen_ai.usage.output_tokens","value":{"intValue":7}},
    {"key":"hivemark.flow_id","value":{"doubleValue":2.5}},
    {"key":"error.type","value":{"boolValue":true}}]}]}]}]})");
  ASSERT_TRUE(read) << text_of(read.error());
  const auto& span = read->resources.at(0).spans.at(0);
  EXPECT_EQ(read->resources[0].service_name, "shop");
  EXPECT_EQ(span.trace_id, "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f");
  EXPECT_EQ(span.start_ns, 1'700'000'000'000'000'001u);
  EXPECT_EQ(span.end_ns, 1'700'000'000'000'000u);
  EXPECT_TRUE(span.is_error);
  EXPECT_EQ(span.attributes.at("gen_ai.usage.input_tokens"), "12");
  EXPECT_EQ(span.attributes.at("gen_ai.usage.output_tokens"), "7");
  EXPECT_EQ(span.attributes.at("hivemark.flow_id"), "2.5");
  EXPECT_EQ(span.attributes.at("error.type"), "");
}

TEST(json_export, long_texts_that_are_not_read_do_no_harm) {
  auto text = R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"key":"gen_ai.input.messages","value":
    {"stringValue":")" +
              std::string(1 << 20, 'x') + R"("}}]}]}]}]})";
  auto read = decode_json_export(text);
  ASSERT_TRUE(read) << text_of(read.error());
  EXPECT_TRUE(read->resources[0].spans[0].attributes.empty());
}

TEST(json_export, what_is_no_export_is_refused_and_says_where) {
  EXPECT_EQ(code_of(decode_json_export("").error()), ec::malformed);
  EXPECT_EQ(code_of(decode_json_export("[]").error()), ec::invalid);
  EXPECT_TRUE(decode_json_export("{}"));
  auto wrong = decode_json_export(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"soon"}]}]}]})");
  ASSERT_FALSE(wrong);
  EXPECT_THAT(text_of(wrong.error()), HasSubstr("/resourceSpans/0/scopeSpans/0/spans/0/startTimeUnixNano"));
}

// -- gzip -----------------------------------------------------------------------------------------------------------

std::string compressed(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<unsigned char*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(gunzip, gives_back_what_was_compressed) {
  for (size_t size : {0u, 1u, 1000u, 262'144u, 262'145u, 1'000'000u}) {
    std::string text;
    for (size_t i = 0; i < size; ++i)
      text += static_cast<char>(i * i >> 3);
    auto back = gunzip(compressed(text), 1'000'000);
    ASSERT_TRUE(back) << text_of(back.error());
    EXPECT_EQ(*back, text);
  }
  EXPECT_EQ(*gunzip(compressed("one") + compressed("two"), 10), "onetwo");
}

TEST(gunzip, stops_at_its_bound) {
  std::string zeros(1'000'000, '\0');
  EXPECT_EQ(gunzip(compressed(zeros), 1'000'000)->size(), zeros.size());
  EXPECT_EQ(code_of(gunzip(compressed(zeros), 999'999).error()), ec::too_large);
  EXPECT_EQ(code_of(gunzip(compressed(zeros), 0).error()), ec::too_large);
}

TEST(gunzip, damaged_and_cut_input_is_malformed) {
  auto whole = compressed("a text that is long enough to be worth it, it, it");
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(code_of(gunzip(whole.substr(0, size), 1000).error()), ec::malformed) << size;
  EXPECT_EQ(code_of(gunzip(whole + "x", 1000).error()), ec::malformed);
  EXPECT_EQ(code_of(gunzip("{\"resourceSpans\":[]}", 1000).error()), ec::malformed);
  auto damaged = whole;
  damaged[whole.size() / 2] ^= 0x20;
  EXPECT_FALSE(gunzip(damaged, 1000));
}

} // namespace
} // namespace hive::otlp
