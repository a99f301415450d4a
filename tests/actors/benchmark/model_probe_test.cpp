#include "actors/benchmark/model_probe.hpp"

#include "messages/ec.hpp"
#include "tests/paths.hpp"
#include "tests/support/fake_http_server.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hive {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class model_probe_test : public ::testing::Test {
protected:
  probe_options options_for(const fake_http_server& server) {
    probe_options out;
    out.base_url = server.url() + "/v1";
    out.model = "m";
    return out;
  }

  std::filesystem::path questions(const std::string& text) {
    return put_file(temp.path() / "questions.jsonl", text);
  }

  temporary_directory temp;
};

TEST_F(model_probe_test, measures_latency_and_matches) {
  fake_http_server server{[](const fake_request& request) -> fake_response {
    bool sum = request.body.find("1+1") != std::string::npos;
    return {200, chat_completion(sum ? "2." : "I do not know")};
  }};
  auto options = options_for(server);
  options.questions = questions("{\"question\": \"1+1?\", \"answer\": \"2.0\"}\n\n"
                                "{\"question\": \"Capital of \\\"France\\\"?\", \"answer\": \"Paris\"}\r\n");
  auto result = run_probe(options, 3, {});
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_THAT(result->matches, ElementsAre(1, 0, 1, 0, 1, 0));
  ASSERT_EQ(result->latencies_ms.size(), 6u);
  for (auto latency : result->latencies_ms)
    EXPECT_GT(latency, 0);
  auto sent = server.requests();
  ASSERT_EQ(sent.size(), 6u);
  EXPECT_THAT(sent[0].head, HasSubstr("POST /v1/chat/completions HTTP/1.1"));
  EXPECT_THAT(sent[0].head, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(sent[0].head, Not(HasSubstr("Authorization")));
  EXPECT_THAT(sent[0].body, HasSubstr("\"model\":\"m\""));
  EXPECT_THAT(sent[1].body, HasSubstr("Capital of \\\"France\\\"?"));
}

TEST_F(model_probe_test, every_repeat_asks_the_same_questions) {
  fake_http_server server{[](const fake_request&) -> fake_response { return {200, chat_completion("x")}; }};
  auto options = options_for(server);
  options.base_url += "//";
  options.requests = 2;
  options.questions =
    questions("{\"question\":\"first\",\"answer\":\"x\"}\n{\"question\":\"second\",\"answer\":\"x\"}\n"
              "{\"question\":\"third\",\"answer\":\"x\"}");
  auto result = run_probe(options, 2, {});
  ASSERT_TRUE(result) << text_of(result.error());
  auto sent = server.requests();
  ASSERT_EQ(sent.size(), 4u);
  EXPECT_THAT(sent[1].body, HasSubstr("second"));
  EXPECT_THAT(sent[2].body, HasSubstr("first"));
  EXPECT_THAT(sent[3].head, HasSubstr("POST /v1/chat/completions "));
}

TEST_F(model_probe_test, without_questions_only_latency_is_measured) {
  fake_http_server server{[](const fake_request&) -> fake_response { return {200, chat_completion("")}; }};
  auto result = run_probe(options_for(server), 1, {});
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ(result->latencies_ms.size(), defaults::probe_requests);
  EXPECT_TRUE(result->matches.empty());
}

TEST_F(model_probe_test, sends_the_key_of_the_environment) {
  fake_http_server server{[](const fake_request&) -> fake_response { return {401, "wrong key"}; }};
  auto options = options_for(server);
  options.api_key_env = "HIVE_TEST_PROBE_KEY";
  ::unsetenv("HIVE_TEST_PROBE_KEY");
  EXPECT_THAT(text_of(run_probe(options, 1, {}).error()), HasSubstr("HIVE_TEST_PROBE_KEY"));
  ::setenv("HIVE_TEST_PROBE_KEY", "a key\r\nX-Other: 1", 1);
  EXPECT_EQ(code_of(run_probe(options, 1, {}).error()), ec::invalid);
  EXPECT_TRUE(server.requests().empty());
  ::setenv("HIVE_TEST_PROBE_KEY", "sk-123", 1);
  auto refused = run_probe(options, 1, {});
  ::unsetenv("HIVE_TEST_PROBE_KEY");
  EXPECT_EQ(code_of(refused.error()), ec::unavailable);
  EXPECT_THAT(text_of(refused.error()), HasSubstr("answered 401: wrong key"));
  EXPECT_THAT(text_of(refused.error()), Not(HasSubstr("sk-123")));
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_THAT(server.requests()[0].head, HasSubstr("Authorization: Bearer sk-123"));
}

TEST_F(model_probe_test, one_failed_request_fails_the_probe) {
  std::atomic<int> count = 0;
  fake_http_server server{[&](const fake_request&) -> fake_response {
    return ++count == 4 ? fake_response{503, "busy\x1b[31m"} : fake_response{200, chat_completion("x")};
  }};
  auto result = run_probe(options_for(server), 1, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(code_of(result.error()), ec::unavailable);
  EXPECT_THAT(text_of(result.error()), HasSubstr("answered 503: busy\\x1b"));
}

TEST_F(model_probe_test, answers_that_are_none_are_errors) {
  for (const std::string body :
       {"", "no json", "[]", "{}", "{\"choices\": []}", "{\"choices\": [1]}", "{\"choices\": {\"message\": 1}}",
        "{\"choices\": [{\"message\": {\"content\": null}}]}", "{\"choices\": [{\"text\": \"x\"}]}", "\xff\xfe"}) {
    fake_http_server server{[&](const fake_request&) -> fake_response { return {200, body}; }};
    EXPECT_EQ(code_of(run_probe(options_for(server), 1, {}).error()), ec::malformed) << body;
  }
  fake_http_server deep{[](const fake_request&) -> fake_response {
    return {200, "{\"choices\":" + std::string(100'000, '[')};
  }};
  EXPECT_EQ(code_of(run_probe(options_for(deep), 1, {}).error()), ec::malformed);
}

std::string cut_completion(const std::string& content) {
  auto out = chat_completion(content);
  return out.replace(out.find("\"stop\""), 6, "\"length\"");
}

TEST_F(model_probe_test, reads_answers_behind_thoughts) {
  fake_http_server server{[](const fake_request&) -> fake_response {
    return {200, chat_completion("<think>\\nHm.</think>\\n\\n`*`")};
  }};
  auto options = options_for(server);
  options.questions = HIVE_TEST_DATA "/test_results/cases/question-whose-answer-is-punctuation.jsonl";
  auto result = run_probe(options, 1, {});
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_THAT(result->matches, ElementsAre(1));
  EXPECT_EQ(describe_cut_answers(options, *result), "");
}

TEST_F(model_probe_test, names_answers_that_were_cut) {
  fake_http_server server{[](const fake_request& request) -> fake_response {
    auto asks = [&](const char* what) { return request.body.find(what) != std::string::npos; };
    if (asks("first"))
      return {200, cut_completion("<think>The first letter would")};
    if (asks("second"))
      return {200, "{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"length\"}]}"};
    return {200, asks("third") ? cut_completion("x") : chat_completion("x")};
  }};
  auto options = options_for(server);
  options.questions =
    questions("{\"question\":\"first\",\"answer\":\"x\"}\n{\"question\":\"second\",\"answer\":\"x\"}\n"
              "{\"question\":\"third\",\"answer\":\"x\"}\n{\"question\":\"fourth\",\"answer\":\"x\"}");
  auto result = run_probe(options, 1, {});
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_THAT(result->matches, ElementsAre(0, 0, 1, 1)) << "a cut answer that matches all the same is right";
  EXPECT_EQ(describe_cut_answers(options, *result),
            "probe m: 2 of 4 answers were cut at max_tokens = 64 and count as wrong: \"first\", \"second\"");
}

TEST_F(model_probe_test, an_error_when_every_answer_was_cut) {
  fake_http_server server{[](const fake_request&) -> fake_response { return {200, cut_completion("<think>I")}; }};
  auto options = options_for(server);
  EXPECT_TRUE(run_probe(options, 1, {})) << "only latency is asked for";
  options.questions = questions("{\"question\":\"q\",\"answer\":\"a\"}");
  auto result = run_probe(options, 3, {});
  ASSERT_FALSE(result);
  EXPECT_THAT(text_of(result.error()), HasSubstr("every answer was cut at max_tokens = 64"));
}

TEST_F(model_probe_test, asks_again_without_what_the_model_refuses) {
  fake_http_server server{[](const fake_request& request) -> fake_response {
    auto has = [&](const char* what) { return request.body.find(what) != std::string::npos; };
    if (has("\"max_tokens\""))
      return {400, R"({"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. )"
                   R"(Use 'max_completion_tokens' instead.","param":"max_tokens"}})"};
    if (has("temperature"))
      return {400, R"({"error":{"message":"Unsupported value: 'temperature' does not support 0 with this model."}})"};
    return {200, chat_completion("x")};
  }};
  auto result = run_probe(options_for(server), 1, {});
  ASSERT_TRUE(result) << text_of(result.error());
  EXPECT_EQ(result->latencies_ms.size(), defaults::probe_requests);
  auto sent = server.requests();
  ASSERT_EQ(sent.size(), defaults::probe_requests + 2) << "what was refused once is not said again";
  EXPECT_THAT(sent[0].body, HasSubstr("\"max_tokens\":64"));
  EXPECT_THAT(sent[0].body, HasSubstr("\"temperature\":0"));
  EXPECT_THAT(sent[0].body, Not(HasSubstr("max_completion_tokens")));
  EXPECT_THAT(sent[2].body, HasSubstr("\"max_completion_tokens\":64"));
}

TEST_F(model_probe_test, a_refusal_of_something_else_is_an_error) {
  fake_http_server server{[](const fake_request&) -> fake_response {
    return {400, "max_tokens is too large; the context is 32"};
  }};
  auto result = run_probe(options_for(server), 1, {});
  EXPECT_THAT(text_of(result.error()), HasSubstr("answered 400: max_tokens is too large"));
  EXPECT_EQ(server.requests().size(), 1u);
  fake_http_server always{[](const fake_request&) -> fake_response { return {400, "max_completion_tokens"}; }};
  EXPECT_THAT(text_of(run_probe(options_for(always), 1, {}).error()), HasSubstr("answered 400"));
  EXPECT_EQ(always.requests().size(), 2u);
}

TEST_F(model_probe_test, a_hanging_endpoint_times_out) {
  fake_http_server server{[](const fake_request&) -> fake_response { return {.hang = true}; }};
  auto options = options_for(server);
  options.request_timeout = 30ms;
  EXPECT_EQ(code_of(run_probe(options, 1, {}).error()), ec::timed_out);
  // The measurement's own deadline counts as well.
  options.request_timeout = 10h;
  EXPECT_EQ(code_of(run_probe(options, 1, {{}, work_limit::clock::now() + 30ms}).error()), ec::timed_out);
}

TEST_F(model_probe_test, a_hanging_request_is_cancelled) {
  std::stop_source stop;
  fake_http_server server{[&](const fake_request&) -> fake_response {
    stop.request_stop();
    return {.hang = true};
  }};
  auto options = options_for(server);
  options.request_timeout = 10h;
  auto result = run_probe(options, 1, {stop.get_token()});
  ASSERT_FALSE(result);
  EXPECT_THAT(text_of(result.error()), HasSubstr("cancelled"));
}

TEST_F(model_probe_test, nobody_there_is_unavailable) {
  std::string url;
  {
    fake_http_server server{[](const fake_request&) -> fake_response { return {}; }};
    url = server.url();
  }
  probe_options options;
  options.base_url = url;
  options.model = "m";
  EXPECT_EQ(code_of(run_probe(options, 1, {}).error()), ec::unavailable);
}

TEST_F(model_probe_test, too_many_samples_are_refused_before_the_first) {
  fake_http_server server{[](const fake_request&) -> fake_response { return {200, chat_completion("x")}; }};
  auto options = options_for(server);
  options.requests = 11;
  EXPECT_EQ(code_of(run_probe(options, 1'000, {}).error()), ec::too_large);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(model_probe_test, bad_question_files_name_the_line) {
  auto error_of = [&](const std::string& text) { return text_of(read_questions(questions(text)).error()); };
  EXPECT_THAT(error_of("{\"question\":\"q\",\"answer\":\"a\"}\n{\"question\":\"q\"}\n"),
              HasSubstr("questions.jsonl:2: /answer is required"));
  EXPECT_THAT(error_of("\n\nnonsense"), HasSubstr("questions.jsonl:3"));
  EXPECT_THAT(error_of("\n \n"), HasSubstr("holds no question"));
  EXPECT_EQ(code_of(read_questions(temp.path() / "absent").error()), ec::not_found);
}

TEST_F(model_probe_test, options_are_validated) {
  auto with = [](auto change) {
    probe_options out;
    out.base_url = "http://localhost:1/v1";
    out.model = "m";
    change(out);
    return text_of(out.validate());
  };
  EXPECT_EQ(with([](auto&) {}), "");
  EXPECT_THAT(with([](auto& o) { o.model = ""; }), HasSubstr("model is required"));
  EXPECT_EQ(with([](auto& o) { o.model = "Qwen/Qwen2:7b"; }), "");
  EXPECT_THAT(with([](auto& o) { o.model = "my model"; }), HasSubstr("name is required"));
  EXPECT_EQ(with([](auto& o) { o.model = "my model", o.name = "org/my-model"; }), "");
  EXPECT_THAT(with([](auto& o) { o.name = "../x"; }), HasSubstr("name must start"));
  for (const std::string url : {"", "localhost:1", "ftp://x/", "file:///etc/passwd", "http://", "https:///x"})
    EXPECT_THAT(with([&](auto& o) { o.base_url = url; }), HasSubstr("base_url")) << url;
  EXPECT_THAT(with([](auto& o) { o.base_url = "http://me:secret@x/"; }), HasSubstr("user name"));
  EXPECT_EQ(with([](auto& o) { o.base_url = "https://x/@me"; }), "");
  EXPECT_THAT(with([](auto& o) { o.requests = 10'001; }), HasSubstr("requests"));
  EXPECT_THAT(with([](auto& o) { o.request_timeout = 0ms; }), HasSubstr("request_timeout"));
  EXPECT_THAT(with([](auto& o) { o.max_tokens = 0; }), HasSubstr("max_tokens"));
}

} // namespace
} // namespace hive
