#include "messages/upgrade.capnp.h"
#include "tests/cluster/hived_process.hpp"
#include "tests/paths.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <capnp/compat/json.h>
#include <capnp/message.h>
#include <gtest/gtest.h>
#include <set>

// The cases in tests/data/upgrade_gate.json were computed by HART OS.

namespace hive::cluster {
namespace {

using json = capnp::JsonValue::Reader;

json at(json object, std::string_view name) {
  for (auto member : object.getObject())
    if (name == member.getName().cStr())
      return member.getValue();
  throw std::runtime_error("a case lacks " + std::string{name});
}

/// The snapshot's document with another version: all cases name theirs `a` and `b`.
std::string with_version(json snapshot, const std::string& version) {
  capnp::MallocMessageBuilder scratch;
  scratch.setRoot(snapshot);
  for (auto member : scratch.getRoot<capnp::JsonValue>().getObject())
    if (member.getName() == "version")
      member.getValue().setString(version);
  return capnp::JsonCodec{}.encodeRaw(scratch.getRoot<capnp::JsonValue>()).cStr();
}

std::set<std::string> names_in(json list) {
  std::set<std::string> out;
  for (auto name : list.getArray())
    out.insert(name.getString().cStr());
  return out;
}

std::set<std::string> names_of(const msg<wire::UpgradeCheck>& check) {
  std::set<std::string> out;
  for (auto change : check->getRegressions())
    out.insert(std::string{change.getAdapter().cStr()} + "." + change.getMetric().cStr());
  return out;
}

TEST(upgrade_vectors, http_judges_as_the_source_system_did) {
  temporary_directory temp;
  hived_process node{{.directory = temp.path()}};
  node.await_ready();
  auto text = file_text(HIVE_TEST_DATA "/upgrade_gate.json");
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<capnp::JsonValue>();
  capnp::JsonCodec{}.decodeRaw(kj::StringPtr{text.c_str(), text.size()}, root);
  auto cases = root.asReader().getArray();
  ASSERT_EQ(cases.size(), 60u);
  size_t regressed = 0;
  for (uint32_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE("case " + std::to_string(i));
    auto before = "case-" + std::to_string(i) + "-old", after = "case-" + std::to_string(i) + "-new";
    ASSERT_EQ(node.put("/api/v1/snapshots/" + before, with_version(at(cases[i], "old"), before)).status, 200);
    ASSERT_EQ(node.put("/api/v1/snapshots/" + after, with_version(at(cases[i], "new"), after)).status, 200);
    auto answer = node.get("/api/v1/upgrades/check?old=" + before + "&new=" + after + "&policy=threshold");
    ASSERT_EQ(answer.status, 200) << answer.body;
    auto check = answer.as<wire::UpgradeCheck>();
    EXPECT_EQ(check->getSafe(), at(cases[i], "safe").getBoolean());
    EXPECT_EQ(check->getVerdict() == wire::Verdict::SAFE, check->getSafe());
    EXPECT_EQ(names_of(check), names_in(at(cases[i], "regressions")));
    regressed += !check->getSafe();
  }
  EXPECT_EQ(regressed, 28u);
}

} // namespace
} // namespace hive::cluster
