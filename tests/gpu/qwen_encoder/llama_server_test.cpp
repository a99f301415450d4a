#include "gpu/qwen_encoder/llama_server.hpp"

#include "messages/ec.hpp"
#include "tests/support/fake_http_server.hpp"

#include <atomic>
#include <gtest/gtest.h>

namespace hive::qwen {
namespace {

std::string answer(double prompt_rate) {
  return R"({"content":"x","timings":{"prompt_n":500,"prompt_ms":1,"prompt_per_second":)" +
         std::to_string(prompt_rate) + R"(,"predicted_n":32,"predicted_ms":1,"predicted_per_second":50}})";
}

TEST(llama_server, the_median_of_its_own_timings_counts_and_the_first_one_does_not) {
  std::atomic<int> asked = 0;
  fake_http_server server{[&](const fake_request&) {
    constexpr double rates[] = {1, 900, 1000, 1100, 1200, 1300};
    return fake_response{200, answer(rates[asked++])};
  }};
  auto found = measure_llama_server(server.url() + "/", 100, {});
  ASSERT_TRUE(found) << text_of(found.error());
  ASSERT_EQ(found->figures.size(), 2u);
  EXPECT_EQ(found->figures[0].name, "tokens_per_second");
  EXPECT_EQ(found->figures[0].value, 1100);
  EXPECT_EQ(found->figures[1].value, 50);
  EXPECT_EQ(found->scope, "llama.cpp");
  auto sent = server.requests();
  ASSERT_EQ(sent.size(), 6u);
  EXPECT_EQ(sent[0].head.find("POST /completion HTTP/1.1"), 0u);
  EXPECT_NE(sent[0].body.find("\"cache_prompt\":false"), std::string::npos);
  EXPECT_NE(sent[0].body, sent[1].body);
}

TEST(llama_server, an_error_fails_and_names_the_status) {
  fake_http_server server{[](const fake_request&) { return fake_response{503, "loading model"}; }};
  auto found = measure_llama_server(server.url(), 10, {});
  ASSERT_FALSE(found);
  EXPECT_NE(text_of(found.error()).find("answered 503: loading model"), std::string::npos);
}

TEST(llama_server, an_answer_without_timings_is_named) {
  for (auto body : {"", "{", "[]", "{}", R"({"timings":{}})", R"({"timings":{"prompt_per_second":"fast"}})",
                    R"({"timings":{"prompt_per_second":0}})", "\xFF"}) {
    auto read = read_timings(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(code_of(read.error()), ec::malformed) << body;
  }
}

TEST(llama_server, nobody_there_is_skipped) {
  auto found = measure_llama_server("http://127.0.0.1:1", 10, {});
  ASSERT_TRUE(found) << text_of(found.error());
  EXPECT_EQ(found->skipped.find("no llama.cpp server answers: "), 0u);
}

} // namespace
} // namespace hive::qwen
