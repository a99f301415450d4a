#include "apps/hivectl/documents.hpp"

#include "messages/annotations.hpp"
#include "messages/ec.hpp"
#include "messages/json_text.hpp"

#include <algorithm>
#include <capnp/compat/json.h>
#include <capnp/message.h>

namespace hive::ctl {

using capnp::JsonValue;

caf::expected<std::map<std::string, std::string>> text_members(std::string_view document) {
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(document, scratch);
  if (!members)
    return members.error();
  std::map<std::string, std::string> out;
  for (auto member : *members)
    if (member.getValue().isString())
      out.emplace(member.getName().cStr(), member.getValue().getString().cStr());
  return out;
}

caf::expected<std::string> with_member(std::string_view document, const std::string& name, const std::string& value) {
  capnp::MallocMessageBuilder scratch;
  auto members = parse_json_object(document, scratch);
  if (!members)
    return members.error();
  uint32_t place = 0;
  while (place < members->size() && (*members)[place].getName() != name)
    ++place;

  capnp::MallocMessageBuilder changed;
  auto root = changed.initRoot<JsonValue>();
  auto out = root.initObject(std::max(members->size(), place + 1));
  for (uint32_t i = 0; i < members->size(); ++i)
    out.setWithCaveats(i, (*members)[i]);
  out[place].setName(name);
  out[place].initValue().setString(value);
  return std::string{capnp::JsonCodec{}.encodeRaw(root).cStr()};
}

} // namespace hive::ctl
