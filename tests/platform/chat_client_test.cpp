#include "platform/chat_client.hpp"

#include "messages/ec.hpp"
#include "tests/support/fake_http_server.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(chat_client, thoughts_are_no_part_of_an_answer) {
  EXPECT_EQ(without_thoughts("Paris"), "Paris");
  EXPECT_EQ(without_thoughts("<think>London? No.</think>Paris"), "Paris");
  EXPECT_EQ(without_thoughts("\n<thinking>\n</thinking>\n\nParis"), "\n\nParis");
  EXPECT_EQ(without_thoughts("a</think>b</think> c"), " c");
  EXPECT_EQ(without_thoughts("<reasoning>x</reasoning>"), "");
  EXPECT_EQ(without_thoughts("<think>London? No, it"), std::nullopt);
  EXPECT_EQ(without_thoughts("a <think> b"), "a <think> b");
}

TEST(chat_client, a_key_is_one_word_of_printable_ascii) {
  EXPECT_TRUE(is_api_key("sk-1"));
  for (auto text : {"", " ", "a b", "key\n", "k\xC3\xA9y"})
    EXPECT_FALSE(is_api_key(text)) << text;
}

TEST(chat_client, a_request_names_the_model_and_the_key_and_asks_at_temperature_0) {
  fake_http_server server{[](const fake_request&) { return fake_response{200, chat_completion("12 m")}; }};
  chat_client model{{server.url() + "/v1/", "qwen", "sk-1"}};
  auto answer = model.ask("Be brief.", "How far?", {});
  ASSERT_TRUE(answer) << text_of(answer.error());
  EXPECT_EQ(answer->text, "12 m");
  EXPECT_EQ(answer->model, "m");
  EXPECT_FALSE(answer->cut);
  auto sent = server.requests().at(0);
  EXPECT_EQ(sent.head.find("POST /v1/chat/completions HTTP/1.1"), 0u);
  EXPECT_NE(sent.head.find("Authorization: Bearer sk-1"), std::string::npos);
  EXPECT_NE(sent.body.find(R"("temperature":0)"), std::string::npos);
  EXPECT_NE(sent.body.find(R"("model":"qwen")"), std::string::npos);
}

TEST(chat_client, without_a_model_the_request_names_none) {
  fake_http_server server{[](const fake_request&) { return fake_response{200, chat_completion("1")}; }};
  chat_client model{{server.url(), {}, {}}};
  ASSERT_TRUE(model.ask("Be brief.", "How far?", {}));
  EXPECT_EQ(server.requests().at(0).body.find("\"model\""), std::string::npos);
}

} // namespace
} // namespace hive
