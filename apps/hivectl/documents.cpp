#include "apps/hivectl/documents.hpp"

#include "messages/annotations.hpp"
#include "messages/ec.hpp"
#include "messages/json_text.hpp"

#include <algorithm>
#include <capnp/compat/json.h>
#include <capnp/message.h>

namespace hive::ctl {
namespace {

using capnp::JsonValue;

/// The same bound as of every other document that is read.
constexpr size_t max_nesting = 32;

/// Reads `document` into `scratch`; the object's members live as long as it does.
caf::expected<capnp::List<JsonValue::Field>::Reader> read_object(std::string_view document,
                                                                 capnp::MallocMessageBuilder& scratch) {
  if (!is_utf8(document))
    return fail(ec::malformed, "the document is not UTF-8 text without NUL");
  std::string tidied;
  std::string why;
  auto tidy = detail::tidy_json(document, tidied, why);
  if (!tidy)
    return fail(ec::malformed, "the document is not valid JSON: " + why);
  try {
    auto value = scratch.initRoot<JsonValue>();
    capnp::JsonCodec json;
    json.setMaxNestingDepth(max_nesting);
    json.decodeRaw(kj::arrayPtr(tidy->data(), tidy->size()), value);
    if (!value.isObject())
      return fail(ec::malformed, "the document is not a JSON object");
    return value.getObject().asReader();
  } catch (const kj::Exception& e) {
    return fail(ec::malformed, std::string{"the document is not valid JSON: "} + e.getDescription().cStr());
  }
}

} // namespace

caf::expected<std::map<std::string, std::string>> text_members(std::string_view document) {
  capnp::MallocMessageBuilder scratch;
  auto members = read_object(document, scratch);
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
  auto members = read_object(document, scratch);
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
