#include "actors/http/authorizer.hpp"

#include "messages/ec.hpp"

#include <algorithm>

namespace hive::http {
namespace {

std::string where_it_lies(const std::string& file) {
  if (file.empty())
    return {};
  return "; the operator token of this node lies in " + file + " (curl -H \"Authorization: Bearer $(cat '" + file +
         "')\")";
}

} // namespace

authorizer::authorizer(std::vector<access_token> tokens, role open)
    : open_{open}, rules_{std::make_shared<const rules>()} {
  replace_tokens(std::move(tokens));
}

void authorizer::replace_tokens(std::vector<access_token> tokens) {
  change([&](rules& next) { next.configured = std::move(tokens); });
}

void authorizer::set_operator(access_token token, std::string file) {
  change([&](rules& next) {
    next.own = std::move(token);
    next.own_file = std::move(file);
  });
}

void authorizer::change(const std::function<void(rules&)>& how) {
  std::lock_guard lock{mutex_};
  auto next = std::make_shared<rules>(*rules_);
  how(*next);
  next->known = next->configured;
  if (next->own)
    next->known.push_back(*next->own);
  rules_ = std::move(next);
}

std::shared_ptr<const authorizer::rules> authorizer::now() const {
  std::lock_guard lock{mutex_};
  return rules_;
}

caf::error authorizer::check(role needed, std::string_view authorization) const {
  auto rules = now();
  bool has_tokens = !rules->configured.empty();
  if (needed == role::anyone || (!has_tokens && needed <= open_))
    return caf::none;
  // A node with tokens may be reachable by strangers, so they are not told where the operator's token is.
  auto hint = has_tokens ? std::string{} : where_it_lies(rules->own_file);
  if (authorization.empty() && !has_tokens)
    return fail(ec::forbidden, "this needs a token of role " + std::string{to_string(needed)} + hint);
  auto token = find_token(rules->known, authorization);
  if (!token)
    return fail(ec::unauthorized, text_of(token.error()) + hint);
  if ((*token)->grants < needed)
    return fail(ec::forbidden, "token " + (*token)->name + " has role " + std::string{to_string((*token)->grants)} +
                                 ", this needs role " + std::string{to_string(needed)});
  return caf::none;
}

caller authorizer::who(std::string_view authorization) const {
  auto rules = now();
  caller out;
  if (rules->configured.empty())
    out.grants = out.open = open_;
  if (auto token = find_token(rules->known, authorization)) {
    out.grants = std::max(out.grants, (*token)->grants);
    out.token = (*token)->name;
  }
  return out;
}

std::string authorizer::name_of(std::string_view authorization) const {
  auto token = find_token(now()->configured, authorization);
  return token ? (*token)->name : std::string{};
}

} // namespace hive::http
