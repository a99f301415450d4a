#include "actors/http/token_routes.hpp"

#include "messages/audit.capnp.h"
#include "messages/timestamp.hpp"

namespace hive::http {
namespace {

void describe(const token_use& of, int64_t now, wire::TokenInfo::Builder out) {
  const auto& token = of.token;
  out.setId(id_of(token));
  out.setName(token.name);
  out.setRole(std::string{to_string(token.grants)});
  out.setNotBefore(token.not_before);
  out.setExpires(token.expires);
  out.setIsValid(!check_validity(token, now));
  if (token.rate.per_s > 0) {
    out.setPerS(token.rate.per_s);
    out.setBurst(static_cast<uint32_t>(token.rate.burst));
  }
  out.setLastUsed(of.last_used);
}

} // namespace

std::vector<route> token_routes(std::shared_ptr<const authorizer> access, std::string file) {
  auto list = [access = std::move(access), file = std::move(file),
               started = now_unix_micros()]() -> caf::expected<msg<wire::TokenList>> {
    auto uses = access->uses();
    auto now = now_unix_micros();
    return msg<wire::TokenList>::build([&](wire::TokenList::Builder out) {
      auto tokens = out.initTokens(static_cast<uint32_t>(uses.size()));
      for (uint32_t i = 0; i < tokens.size(); ++i)
        describe(uses[i], now, tokens[i]);
      if (!file.empty())
        out.setFile(file);
      out.setStartedAt(started);
    });
  };
  return {
    route::reply<wire::TokenList>("/api/v1/tokens", "The tokens that the node takes, and when they were last used",
                                  std::move(list))
      .for_role(role::operate),
  };
}

} // namespace hive::http
