#pragma once

#include "actors/http/exchange.hpp"
#include "actors/http/route.hpp"

#include <map>
#include <span>

namespace hive::http {

/// Finds a request's route in time proportional to the length of its path, independently of the number of routes.
class path_tree {
public:
  /// The routes must outlive the tree. Throws std::invalid_argument for duplicate routes, which are a bug.
  explicit path_tree(std::span<const route> routes);

  struct match {
    const route* found = nullptr; ///< null when no route matches path and method
    std::vector<std::pair<std::string_view, std::string_view>> parameters; ///< names and values, still encoded
    std::vector<method> allowed; ///< all methods of the path; empty when no route has the path
  };

  /// `verb` is empty for methods that no route uses.
  match find(std::optional<method> verb, std::string_view path) const;

private:
  struct target {
    const route* to;
    std::vector<std::string> parameter_names;
  };

  struct node {
    std::map<std::string, node, std::less<>> literals;
    std::unique_ptr<node> parameter;
    std::map<method, target> routes;
  };

  void add(const route& added);

  /// Literal segments take precedence over parameters.
  static const node* descend(const node& from, std::span<const std::string_view> segments,
                             std::vector<std::string_view>& parameters);

  node root_;
};

} // namespace hive::http
