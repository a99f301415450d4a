#include "actors/baseline/folder_review.hpp"

#include <algorithm>
#include <utility>

namespace hive {

folder_review::reasons& folder_review::due(const std::string& name, const prompts_file& file) {
  return file.what == prompts_file::kind::prompt ? due_prompts_[name] : due_recipes_[name];
}

void folder_review::touch(const std::string& name) {
  if (auto file = prompts_file_of(name); file.what != prompts_file::kind::other)
    due(name, file).is_touched = true;
}

void folder_review::retry(const std::string& name) {
  auto& why = due(name, prompts_file_of(name));
  why.is_retried = true;
  why.has_prompt = true;
}

void folder_review::list(const std::vector<std::string>& names, bool is_complete) {
  for (const auto& name : names)
    if (auto file = prompts_file_of(name); file.what != prompts_file::kind::other)
      due(name, file).is_listed = true;
  if (!is_complete)
    return;
  for (const auto& [name, mark] : seen_)
    if (!std::ranges::binary_search(names, name))
      due(name, prompts_file_of(name)).is_touched = true;
}

void folder_review::expect(const stored_agent& who) {
  auto name = recipe_file_of(who);
  if (!seen_.contains(name) && !due_recipes_.contains(name))
    due_recipes_[name].is_touched = true;
}

std::optional<folder_review::item> folder_review::next() {
  if (!due_prompts_.empty()) {
    auto first = due_prompts_.extract(due_prompts_.begin());
    return item{first.key(), prompts_file_of(first.key()), first.mapped()};
  }
  // At most as many are skipped as are held.
  for (auto each = due_recipes_.begin(); each != due_recipes_.end(); ++each) {
    auto file = prompts_file_of(each->first);
    if (file.what == prompts_file::kind::recipe && !held_.insert(file.who).second)
      continue;
    auto taken = due_recipes_.extract(each);
    return item{taken.key(), std::move(file), taken.mapped()};
  }
  return std::nullopt;
}

void folder_review::release(const stored_agent& who) {
  held_.erase(who);
}

bool folder_review::must_read(const item& looked_at, const file_mark& now) const {
  if (looked_at.why.is_touched || looked_at.why.is_retried)
    return true;
  auto before = seen_.find(looked_at.name);
  return looked_at.why.is_listed && (before == seen_.end() || before->second != now);
}

void folder_review::settle(const std::string& name, const std::optional<file_mark>& mark) {
  if (mark)
    seen_.insert_or_assign(name, *mark);
  else
    seen_.erase(name);
}

void folder_review::set_prompt(const std::string& prompt, const std::string& hash) {
  if (hash.empty()) {
    prompts_.erase(prompt);
    return;
  }
  if (std::exchange(prompts_[prompt], hash) == hash)
    return;
  auto prefix = prompt + "_";
  for (auto each = seen_.lower_bound(prefix); each != seen_.end() && each->first.starts_with(prefix); ++each)
    if (auto file = prompts_file_of(each->first); file.what == prompts_file::kind::recipe && file.who.prompt == prompt)
      due_recipes_[each->first].has_prompt = true;
}

std::string folder_review::prompt_hash(const std::string& prompt) const {
  auto found = prompts_.find(prompt);
  return found == prompts_.end() ? std::string{} : found->second;
}

} // namespace hive
