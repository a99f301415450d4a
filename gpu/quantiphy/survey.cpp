#include "gpu/quantiphy/survey.hpp"

#include "gpu/quantiphy/mra.hpp"
#include "messages/ec.hpp"
#include "messages/text.hpp"

#include <algorithm>
#include <map>

namespace hive::quantiphy {
namespace {

constexpr const char* instruction =
  "Solve the problem of physics. End with one line that has only the answer: a number and its unit.";

/// Mean over the categories of the mean of `value(problem, reply)`, for the problems that `counts` picks.
template <class Value, class Counts>
std::optional<double> mean_of_means(const std::vector<problem>& problems, const std::vector<reply>& replies,
                                    Value value, Counts counts) {
  struct sum {
    double total = 0;
    size_t count = 0;
  };
  std::map<std::string_view, sum> categories;
  for (size_t i = 0; i < problems.size(); ++i) {
    if (!counts(problems[i]))
      continue;
    auto& category = categories[problems[i].category];
    category.total += value(problems[i], replies[i]);
    ++category.count;
  }
  double out = 0;
  for (const auto& [name, category] : categories)
    out += category.total / static_cast<double>(category.count);
  return categories.empty() ? std::nullopt : std::optional{out / static_cast<double>(categories.size())};
}

} // namespace

score score_of(const std::vector<problem>& problems, const std::vector<reply>& replies) {
  auto by = [](double (*rule)(double, double)) {
    return [rule](const problem& asked, const reply& said) { return said.value ? rule(*said.value, asked.truth) : 0; };
  };
  auto every = [](const problem&) { return true; };
  score out;
  out.mra_mean = mean_of_means(problems, replies, by(mra), every).value_or(0);
  out.mra_strict = mean_of_means(problems, replies, by(strict_mra), every).value_or(0);
  out.mra_counterfactual =
    mean_of_means(problems, replies, by(mra), [](const problem& asked) { return asked.counterfactual; });
  auto invalid =
    std::count_if(replies.begin(), replies.end(), [](const reply& said) { return !said.value || *said.value == 0; });
  out.invalid_ratio = static_cast<double>(invalid) / static_cast<double>(replies.size());
  std::vector<double> latencies;
  for (const auto& each : replies)
    latencies.push_back(each.latency_ms);
  out.latency_p95_ms = p95(latencies);
  return out;
}

std::optional<double> read_answer(std::string_view answer, const problem& asked) {
  auto said = without_thoughts(answer);
  return said ? last_quantity(*said, asked.asked) : std::nullopt;
}

caf::expected<survey> ask_all(const std::vector<problem>& problems, const chat_options& model,
                              const work_limit& limit) {
  chat_client client{model};
  survey out;
  for (const auto& each : problems) {
    auto answer = client.ask(instruction, each.text, limit);
    if (!answer)
      return fail(code_of(answer.error()),
                  "question " + std::to_string(out.replies.size() + 1) + ": " + text_of(answer.error()));
    out.replies.push_back({read_answer(answer->text, each), answer->latency_ms});
    out.cut += answer->cut;
    out.model = answer->model;
  }
  if (out.cut == problems.size())
    return fail(ec::invalid, "every answer was cut at " + std::to_string(model.max_tokens) +
                               " tokens before it ended; raise --max-tokens");
  return out;
}

heavy::result report(const std::vector<problem>& problems, const survey& answers) {
  using heavy::better;
  auto found = score_of(problems, answers.replies);
  auto hash = hash_of(problems);
  heavy::result out;
  out.scope = "problems " + hash;
  out.figures = {{"mra_mean", found.mra_mean, better::higher, "score"},
                 {"mra_strict", found.mra_strict, better::higher, "score", false},
                 {"invalid_ratio", found.invalid_ratio, better::lower, "ratio", false},
                 {"latency_p95_ms", found.latency_p95_ms, better::lower, "ms"}};
  if (found.mra_counterfactual)
    out.figures.push_back({"mra_counterfactual", *found.mra_counterfactual, better::higher, "score", false});
  out.note = std::to_string(problems.size()) + " questions, set " + hash;
  if (!answers.model.empty())
    out.note += ", answered by " + printable(cut_text(answers.model, 200));
  if (answers.cut > 0)
    out.note += ", " + std::to_string(answers.cut) + " answers cut at the token limit";
  return out;
}

} // namespace hive::quantiphy
