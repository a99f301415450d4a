// hive-quantiphy: how well a model answers quantitative questions of physics, and how fast.

#include "gpu/heavy/command_line.hpp"
#include "gpu/heavy/hevolveai.hpp"
#include "gpu/heavy/program.hpp"
#include "gpu/quantiphy/csv_problems.hpp"
#include "gpu/quantiphy/survey.hpp"
#include "messages/ec.hpp"
#include "platform/http_url.hpp"
#include "platform/read_file.hpp"

namespace hive::quantiphy {
namespace {

constexpr const char* name = "hive-quantiphy";
constexpr const char* description =
  "Asks a model behind an OpenAI-compatible endpoint quantitative questions of physics, at temperature 0, and scores "
  "its "
  "answers by mean relative accuracy. Prints one JSON object with the metrics; docs/reference/benchmarks.md explains "
  "them.";
constexpr const char* footer =
  "Example: hive-quantiphy --endpoint http://127.0.0.1:8080/v1 --model qwen2.5-7b-instruct\n"
  "Exit status: 0 measured or skipped, 1 failed, 64 wrong option, 143 stopped.";

/// Few, so that the package takes minutes; HART OS asks for as many.
constexpr const char* package_instances = "20";
constexpr const char* package_script = R"py(
from hevolveai.tests.benchmarks.quantiphy_benchmark import QuantiPhyBenchmark
results = QuantiPhyBenchmark(api_url=sys.argv[1]).run_benchmark(phase="baseline", max_instances=int(sys.argv[2]))
add("mra_mean", results["mra"]["mean"], "higher", "score")
add("latency_p95_ms", results["latency"]["p95"], "lower", "ms")
)py";

constexpr size_t max_key_bytes = 4096;
constexpr size_t max_csv_bytes = size_t{64} << 20;
/// The first answer to "is anybody there" comes from no model, so it is quick.
constexpr std::chrono::seconds presence_timeout{10};

struct options {
  std::string endpoint;
  std::string model;
  uint64_t problems = 100;
  uint64_t seed = 1;
  std::string api_key_file;
  std::string csv;
  uint64_t timeout_s = 60;
  uint64_t max_tokens = 1024;
  heavy::package_options package;

  void add_to(heavy::command_line& line) {
    line.text("--endpoint", endpoint, "Parent of /chat/completions, such as http://127.0.0.1:8080/v1");
    line.text("--model", model, "The endpoint's name for the model; without it, requests name none");
    line.count("--problems", problems, 4, 2500, "Generated problems; each is asked twice, on two planets");
    line.count("--seed", seed, 0, UINT32_MAX, "Seed of the problems");
    line.text("--api-key-file", api_key_file, "File that holds the endpoint's API key");
    line.text("--csv", csv, "CSV file of QuantiPhy whose questions are asked in place of generated ones");
    line.count("--timeout-s", timeout_s, 1, 86'400, "Longest wait for one answer, in seconds");
    line.count("--max-tokens", max_tokens, 1, 1'000'000, "Size limit of one answer, in the model's tokens");
    package.add_to(line);
  }
};

caf::expected<chat_options> model_of(const options& given) {
  chat_options out;
  out.base_url = given.endpoint;
  out.model = given.model;
  out.request_timeout = std::chrono::seconds{given.timeout_s};
  out.max_tokens = static_cast<uint32_t>(given.max_tokens);
  if (given.api_key_file.empty())
    return out;
  auto key = read_file(given.api_key_file, max_key_bytes);
  if (!key)
    return key.error();
  out.api_key = key->substr(0, key->find_last_not_of(" \r\n\t") + 1);
  if (!is_api_key(out.api_key))
    return fail(ec::invalid, given.api_key_file + " does not hold one API key");
  return out;
}

caf::expected<csv_problems> problems_of(const options& given) {
  if (given.csv.empty())
    return csv_problems{generate_problems(given.problems, given.seed), 0};
  auto text = read_file(given.csv, max_csv_bytes);
  if (!text)
    return text.error();
  auto out = read_csv_problems(*text);
  return out ? std::move(out) : fail(code_of(out.error()), given.csv + ": " + text_of(out.error()));
}

std::string origin(const options& given, size_t left_out) {
  if (given.csv.empty())
    return "generated problems as text, half of them counterfactual at 3.7 m/s², seed " + std::to_string(given.seed);
  return "questions of a CSV file of QuantiPhy as text, without the videos" +
         (left_out > 0 ? ", " + std::to_string(left_out) + " rows left out" : "");
}

/// Why nobody answers at the endpoint; nothing when somebody does, with any status.
std::optional<std::string> absence(const chat_options& model, const std::stop_token& stop) {
  http::outgoing_request request;
  request.url = model.base_url.substr(0, model.base_url.find_last_not_of('/') + 1) + "/models";
  request.timeout = presence_timeout;
  request.stop = stop;
  auto response = http::fetch(request);
  if (!response && code_of(response.error()) == ec::unavailable)
    return "no endpoint answers: " + text_of(response.error());
  return std::nullopt;
}

caf::expected<heavy::result> measure_own(const options& given, const std::stop_token& stop) {
  auto model = model_of(given);
  if (!model)
    return model.error();
  auto asked = problems_of(given);
  if (!asked)
    return asked.error();
  if (auto reason = absence(*model, stop))
    return heavy::skip(*reason);
  heavy::say(std::string{name} + ": asking " + std::to_string(asked->problems.size()) + " questions");
  work_limit limit;
  limit.stop = stop;
  auto answers = ask_all(asked->problems, *model, limit);
  if (!answers)
    return answers.error();
  auto out = report(asked->problems, *answers);
  out.note += "; " + origin(given, asked->left_out) + "; measured by hive-quantiphy";
  return out;
}

caf::expected<heavy::result> measure(const options& given, const std::stop_token& stop) {
  if (given.endpoint.empty())
    return heavy::skip("no endpoint is configured: give --endpoint URL");
  if (auto error = http::check_url(given.endpoint, http::url_user::refused))
    return fail(code_of(error), "--endpoint " + text_of(error));
  auto by_package =
    heavy::measure_with_package(given.package, package_script, {given.endpoint, package_instances}, stop);
  if (!by_package)
    return by_package.error();
  if (*by_package) {
    (*by_package)->note = "measured by hevolveai's QuantiPhyBenchmark with " + std::string{package_instances} +
                          " instances; --own measures with hive-quantiphy";
    return std::move(**by_package);
  }
  return measure_own(given, stop);
}

} // namespace
} // namespace hive::quantiphy

int main(int argc, char** argv) {
  using namespace hive;
  quantiphy::options given;
  heavy::command_line line{quantiphy::name, quantiphy::description, quantiphy::footer};
  given.add_to(line);
  if (auto status = line.parse(argc, argv))
    return *status;
  return heavy::run_program(quantiphy::name, [&](std::stop_token stop) { return quantiphy::measure(given, stop); });
}
