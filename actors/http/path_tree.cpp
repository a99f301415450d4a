#include "actors/http/path_tree.hpp"

#include "actors/http/url.hpp"

#include <stdexcept>

namespace hive::http {

path_tree::path_tree(std::span<const route> routes) {
  for (const auto& route : routes)
    add(route);
}

void path_tree::add(const route& added) {
  auto* at = &root_;
  std::vector<std::string> names;
  for (auto segment : split_path(added.path)) {
    if (!segment.starts_with('{')) {
      at = &at->literals[std::string{segment}];
      continue;
    }
    if (!at->parameter)
      at->parameter = std::make_unique<node>();
    at = at->parameter.get();
    names.emplace_back(segment.substr(1, segment.size() - 2));
  }
  if (!at->routes.emplace(added.verb, target{&added, std::move(names)}).second)
    throw std::invalid_argument{"route " + std::string{to_string(added.verb)} + " " + added.path + " is given twice"};
}

path_tree::match path_tree::find(std::optional<method> verb, std::string_view path) const {
  match out;
  if (!path.starts_with('/'))
    return out;
  std::vector<std::string_view> values;
  auto* end = descend(root_, split_path(path), values);
  if (!end)
    return out;
  for (const auto& [known, target] : end->routes) {
    out.allowed.push_back(known);
    if (known != verb)
      continue;
    out.found = target.to;
    for (size_t i = 0; i < values.size(); ++i)
      out.parameters.emplace_back(target.parameter_names[i], values[i]);
  }
  return out;
}

const path_tree::node* path_tree::descend(const node& from, std::span<const std::string_view> segments,
                                          std::vector<std::string_view>& parameters) {
  if (segments.empty())
    return from.routes.empty() ? nullptr : &from;
  auto rest = segments.subspan(1);
  if (auto literal = from.literals.find(segments.front()); literal != from.literals.end())
    if (auto* found = descend(literal->second, rest, parameters))
      return found;
  if (!from.parameter || segments.front().empty())
    return nullptr;
  parameters.push_back(segments.front());
  if (auto* found = descend(*from.parameter, rest, parameters))
    return found;
  parameters.pop_back();
  return nullptr;
}

} // namespace hive::http
