#include "actors/benchmark/api.hpp"
#include "actors/http/openapi.hpp"
#include "actors/upgrade/api.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/json_builder.hpp"
#include "messages/snapshot.capnp.h"
#include "messages/upgrade.capnp.h"
#include "messages/verdict.capnp.h"

#include <capnp/compat/json.h>
#include <gmock/gmock.h>

namespace hive::http {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string document_of(std::vector<route> routes) {
  return openapi_document(routes, {"1.2.3"});
}

bool is_json_text(const std::string& text) {
  capnp::MallocMessageBuilder scratch;
  try {
    capnp::JsonCodec{}.decodeRaw(kj::arrayPtr(text.data(), text.size()), scratch.initRoot<capnp::JsonValue>());
  } catch (const kj::Exception&) {
    return false;
  }
  return true;
}

/// The text from the member `name` to the end of its object.
std::string part(const std::string& text, const std::string& name) {
  auto start = text.find("\"" + name + "\":{");
  if (start == text.npos)
    return "no " + name;
  auto at = text.find('{', start);
  size_t end = at, depth = 0;
  do {
    depth += text[end] == '{';
    depth -= text[end] == '}';
    ++end;
  } while (depth > 0);
  return text.substr(at, end - at);
}

TEST(openapi, an_api_without_routes_is_a_document) {
  EXPECT_TRUE(is_json_text(document_of({})));
  EXPECT_THAT(document_of({}), HasSubstr(R"("version":"1.2.3")"));
}

TEST(openapi, parameters_come_from_the_path_and_the_query) {
  auto text = document_of({route::ask<wire::UpgradeQuery, wire::UpgradeCheck>(
    method::get, "/api/v1/upgrades/check/{old}", upgrade_checker_actor{}, "Check \"it\"")});
  ASSERT_TRUE(is_json_text(text));
  EXPECT_THAT(text, HasSubstr(R"({"name":"old","in":"path","required":true,)"));
  EXPECT_THAT(text, HasSubstr(R"({"name":"new","in":"query","required":true,)"));
  EXPECT_THAT(text, HasSubstr(R"({"name":"policy","in":"query","description":"strict unless threshold is named.",)"
                              R"("schema":{"$ref":"#/components/schemas/Policy",)"));
  EXPECT_THAT(text, HasSubstr(R"("default":"strict"}})"));
  EXPECT_THAT(text, AllOf(HasSubstr(R"("operationId":"get_upgrades_check_by_old")"), HasSubstr(R"(Check \"it\")")));
  EXPECT_THAT(text, Not(HasSubstr("requestBody")));
}

TEST(openapi, bodies_leave_out_what_the_url_gives) {
  auto text = document_of({route::ask<wire::ObserveModel, wire::Recorded>(method::post, "/models/{id}/observations",
                                                                          inputs_actor{}, "Observe", {.status = 201})});
  auto body = part(text, "requestBody");
  EXPECT_THAT(body, HasSubstr(R"("required":["observations"])"));
  EXPECT_THAT(body, AllOf(HasSubstr(R"("minItems":1,"maxItems":10000)"), Not(HasSubstr("\"id\""))));
  EXPECT_THAT(part(text, "responses"), HasSubstr(R"("201":{)"));
}

TEST(openapi, a_body_field_is_the_whole_body) {
  auto text = document_of({route::ask<wire::ImportSnapshot, wire::Snapshot>(method::put, "/snapshots/{version}",
                                                                            registry_actor{}, "Import")});
  EXPECT_THAT(part(text, "requestBody"), HasSubstr(R"({"$ref":"#/components/schemas/Snapshot"})"));
  EXPECT_THAT(part(text, "schemas"), Not(HasSubstr("ImportSnapshot")));
}

TEST(openapi, rules_of_fields_become_rules_of_json_schema) {
  auto text = document_of(
    {route::ask<wire::SnapshotQuery, wire::Snapshot>(method::get, "/snapshots/{version}", registry_actor{}, "Show")});
  auto schemas = part(text, "schemas");
  auto snapshot = part(schemas, "Snapshot");
  EXPECT_THAT(part(snapshot, "version"), HasSubstr(R"("pattern":"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")"));
  EXPECT_THAT(part(snapshot, "captured_at"), HasSubstr(R"("format":"date-time")"));
  EXPECT_THAT(part(snapshot, "metrics"),
              AllOf(HasSubstr(R"("maxProperties":100000)"),
                    HasSubstr(R"("additionalProperties":{"$ref":"#/components/schemas/Metric"})")));
  EXPECT_THAT(part(snapshot, "benchmarks"), HasSubstr(R"("writeOnly":true)"));
  EXPECT_THAT(part(snapshot, "capture_id"), HasSubstr(R"("type":["integer","string"])"));
  auto metric = part(schemas, "Metric");
  EXPECT_THAT(metric, Not(HasSubstr(R"("name":{)"))) << "the key of a map is no member of its values";
  EXPECT_THAT(part(metric, "value"), HasSubstr(R"("type":["number","null"])"));
  EXPECT_THAT(part(schemas, "Direction"), HasSubstr(R"("enum":["higher","lower"])"));
}

TEST(openapi, a_map_of_plain_values_is_described_by_its_values) {
  auto text = document_of(
    {route::ask<wire::CommandSpec, wire::BenchmarkInfo>(method::post, "/benchmarks", registry_actor{}, "Register")});
  EXPECT_THAT(part(text, "environment"), HasSubstr(R"("additionalProperties":{"type":"string","maxLength":32768})"));
  EXPECT_THAT(part(text, "timeout_s"), HasSubstr(R"("minimum":0.1,"maximum":86400)"));
  EXPECT_THAT(part(text, "timeout_s"), HasSubstr(R"("default":300)"));
}

TEST(json_builder, text_is_escaped_and_values_are_separated) {
  json_builder out;
  out.object([&] {
    out.member("a\"b", "\x01\\\n");
    out.array("list", [&] {
      out.element("x");
      out.object([&] { out.member("t", true); });
      out.array([] {});
    });
    out.number("n", "1.5");
    out.object("empty", [] {});
  });
  EXPECT_EQ(std::move(out).take(),
            "{\"a\\\"b\":\"\\u0001\\\\\\u000a\",\"list\":[\"x\",{\"t\":true},[]],\"n\":1.5,\"empty\":{}}");
}

} // namespace
} // namespace hive::http
