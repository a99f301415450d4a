#include "apps/hive_backup/peers.hpp"

#include "messages/backup.capnp.h"
#include "messages/json.hpp"
#include "messages/text.hpp"
#include "platform/http_client.hpp"

#include <algorithm>

namespace hive::backup {
namespace {

/// States of a node that may still run. One that was just killed is suspect for some seconds.
bool may_run(std::string_view state) {
  return state == "active" || state == "suspect";
}

caf::expected<seen_node> ask(const std::string& url, const std::string& token, const std::string& node) {
  http::outgoing_request question;
  question.url = url.substr(0, url.find_last_not_of('/') + 1) + "/api/v1/hive/nodes";
  if (!token.empty())
    question.headers.push_back("Authorization: Bearer " + token);
  auto response = http::fetch(question);
  if (!response)
    return fail(code_of(response.error()),
                url + " cannot be asked whether node " + node + " still runs: " + text_of(response.error()));
  if (response->status == 401 || response->status == 403)
    return fail(ec::unauthorized, question.url + http::describe_status(response->status, response->body));
  if (response->status != 200)
    return fail(ec::unavailable, question.url + http::describe_status(response->status, response->body));
  return read_peer(response->body, url, node);
}

} // namespace

caf::expected<seen_node> read_peer(std::string_view body, const std::string& url, const std::string& node) {
  auto list = from_json<wire::SeenNodes>(body);
  if (!list)
    return fail(ec::unavailable, url + " does not answer like a node of Hivemark: " + text_of(list.error()));
  seen_node out;
  for (auto seen : (*list)->getNodes()) {
    if (as_view(seen.getId()) != node)
      continue;
    if (may_run(as_view(seen.getState())))
      return fail(ec::conflict, "node " + node + " is " + std::string{as_view(seen.getState())} + " for the node at " +
                                  url + ": stop it first, or restore a copy with --new-node");
    out.epoch = seen.getEpoch();
  }
  return out;
}

caf::expected<seen_node> ask_peers(const std::vector<std::string>& urls, const std::string& token,
                                   const std::string& node) {
  seen_node out;
  for (const auto& url : urls) {
    auto seen = ask(url, token, node);
    if (!seen)
      return seen.error();
    out.epoch = std::max(out.epoch, seen->epoch);
  }
  return out;
}

} // namespace hive::backup
