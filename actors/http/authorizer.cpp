#include "actors/http/authorizer.hpp"

#include "messages/ec.hpp"
#include "messages/timestamp.hpp"
#include "platform/sha256.hpp"

#include <algorithm>
#include <map>

namespace hive::http {
namespace {

std::string where_it_lies(const std::string& file) {
  if (file.empty())
    return {};
  return "; the operator token of this node lies in " + file + " (curl -H \"Authorization: Bearer $(cat '" + file +
         "')\")";
}

} // namespace

moment moment::now() {
  return {now_unix_micros(), std::chrono::steady_clock::now()};
}

authorizer::authorizer(std::vector<access_token> tokens, role open, bool is_guarded)
    : open_{open}, is_guarded_{is_guarded || !tokens.empty()}, rules_{std::make_shared<const rules>()} {
  replace_tokens(std::move(tokens));
}

void authorizer::replace_tokens(std::vector<access_token> tokens) {
  change([&](rules& next) {
    next.uses = uses_of(tokens, next);
    next.configured = std::move(tokens);
  });
}

void authorizer::set_operator(access_token token, std::string file) {
  change([&](rules& next) {
    next.own = std::move(token);
    next.own_file = std::move(file);
  });
}

/// Of tokens that stay the ones they have; names that stay keep their buckets, so that a rotation pays for none twice.
std::vector<std::shared_ptr<authorizer::record_of_use>> authorizer::uses_of(const std::vector<access_token>& tokens,
                                                                            const rules& before) {
  std::map<std::string, std::shared_ptr<shared_bucket>> buckets;
  std::map<sha256_digest, std::shared_ptr<record_of_use>> known;
  for (size_t i = 0; i < before.configured.size(); ++i) {
    buckets.emplace(before.configured[i].name, before.uses[i]->bucket);
    known.emplace(before.configured[i].sha256, before.uses[i]);
  }
  std::vector<std::shared_ptr<record_of_use>> out;
  for (const auto& token : tokens) {
    auto& bucket = buckets[token.name];
    if (!bucket)
      bucket = std::make_shared<shared_bucket>();
    auto use = std::make_shared<record_of_use>();
    if (auto old = known.find(token.sha256); old != known.end())
      use->last = old->second->last.load();
    use->bucket = bucket;
    out.push_back(std::move(use));
  }
  return out;
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

/// The place of the token among the known ones.
caf::expected<size_t> authorizer::find_valid(const rules& in, std::string_view authorization, int64_t now_unix_micros) {
  auto token = find_token(in.known, authorization);
  if (!token)
    return token.error();
  if (auto wrong = check_validity(**token, now_unix_micros))
    return wrong;
  return static_cast<size_t>(*token - in.known.data());
}

caf::error authorizer::check(role needed, std::string_view authorization, int64_t now_unix_micros) const {
  auto rules = now();
  bool has_tokens = is_guarded_ || !rules->configured.empty();
  if (needed == role::anyone || (!has_tokens && needed <= open_))
    return caf::none;
  // A node with tokens may be reachable by strangers, so they are not told where the operator's token is.
  auto hint = has_tokens ? std::string{} : where_it_lies(rules->own_file);
  if (authorization.empty() && !has_tokens)
    return fail(ec::forbidden, "this needs a token of role " + std::string{to_string(needed)} + hint);
  auto place = find_valid(*rules, authorization, now_unix_micros);
  if (!place)
    return fail(ec::unauthorized, text_of(place.error()) + hint);
  const auto& token = rules->known[*place];
  if (token.grants < needed)
    return fail(ec::forbidden, "token " + token.name + " has role " + std::string{to_string(token.grants)} +
                                 ", this needs role " + std::string{to_string(needed)});
  return caf::none;
}

std::optional<exceeded_rate> authorizer::limit(std::string_view authorization, const moment& at) const {
  auto rules = now();
  auto place = find_valid(*rules, authorization, at.unix_micros);
  if (!place || *place >= rules->uses.size()) // the operator's own has no limit, so that nobody is locked out
    return std::nullopt;
  auto& use = *rules->uses[*place];
  use.last = at.unix_micros;
  const auto& token = rules->known[*place];
  std::lock_guard lock{use.bucket->mutex};
  if (auto wait = use.bucket->bucket.take(token.rate, at.steady))
    return exceeded_rate{token.name, *wait};
  return std::nullopt;
}

caller authorizer::who(std::string_view authorization, int64_t now_unix_micros) const {
  auto rules = now();
  caller out;
  if (!is_guarded_ && rules->configured.empty())
    out.grants = out.open = open_;
  if (auto place = find_valid(*rules, authorization, now_unix_micros)) {
    out.grants = std::max(out.grants, rules->known[*place].grants);
    out.token = rules->known[*place].name;
    out.is_own = *place >= rules->configured.size();
  }
  return out;
}

std::string authorizer::name_of(std::string_view authorization, int64_t now_unix_micros) const {
  auto sender = who(authorization, now_unix_micros);
  return sender.is_own ? std::string{} : sender.token;
}

std::vector<token_use> authorizer::uses() const {
  auto rules = now();
  std::vector<token_use> out;
  for (size_t i = 0; i < rules->configured.size(); ++i)
    out.push_back({rules->configured[i], rules->uses[i]->last.load()});
  return out;
}

} // namespace hive::http
