// Messages and records of a later release, which has more fields:
// docs/decisions/0056-versions-of-what-is-stored-and-said.md.

#include "messages/change.hpp"
#include "messages/msg.hpp"
#include "messages/store.capnp.h"
#include "messages/tracker.capnp.h"

#include <capnp/any.h>
#include <capnp/serialize.h>
#include <cstring>
#include <gmock/gmock.h>

namespace hive {
namespace {

using testing::HasSubstr;

constexpr std::string_view told_later = "what only a later release knows";
constexpr uint64_t number_later = 0x1122334455667788;

/// The struct as a later release has it: with another word, and another pointer, behind those of today.
void add_later_fields(capnp::AnyStruct::Builder out) {
  uint64_t number = number_later;
  std::memcpy(out.getDataSection().end() - sizeof number, &number, sizeof number);
  auto pointers = out.getPointerSection();
  pointers[pointers.size() - 1].setAs<capnp::Text>(std::string{told_later});
}

template <class T>
capnp::AnyStruct::Builder init_later(capnp::AnyPointer::Builder at) {
  auto size = capnp::Schema::from<T>().getProto().getStruct();
  return at.initAsAnyStruct(static_cast<uint16_t>(size.getDataWordCount() + 1),
                            static_cast<uint16_t>(size.getPointerCount() + 1));
}

std::string encode(capnp::MessageBuilder& message) {
  auto words = capnp::messageToFlatArray(message);
  auto bytes = words.asBytes();
  return {reinterpret_cast<const char*>(bytes.begin()), bytes.size()};
}

/// A task source with fields of a later release.
std::string later_source() {
  capnp::MallocMessageBuilder message;
  auto any = init_later<wire::TaskSource>(message.getRoot<capnp::AnyPointer>());
  auto source = any.as<wire::TaskSource>();
  source.setSource("imported");
  source.setRow(17);
  add_later_fields(any);
  return encode(message);
}

void expect_later_fields(capnp::AnyStruct::Reader in) {
  uint64_t number = 0;
  ASSERT_GE(in.getDataSection().size(), sizeof number);
  std::memcpy(&number, in.getDataSection().end() - sizeof number, sizeof number);
  EXPECT_EQ(number, number_later);
  auto pointers = in.getPointerSection();
  ASSERT_GT(pointers.size(), 0U);
  EXPECT_EQ(std::string{pointers[pointers.size() - 1].getAs<capnp::Text>().cStr()}, told_later);
}

TEST(later_message, is_read_as_far_as_it_is_known_and_kept_whole) {
  auto bytes = later_source();
  for (auto source : {msg<wire::TaskSource>::load(bytes), msg<wire::TaskSource>::load_stored(bytes)}) {
    ASSERT_TRUE(source) << text_of(source.error());
    EXPECT_STREQ((*source)->getSource().cStr(), "imported");
    EXPECT_EQ((*source)->getRow(), 17U);
    expect_later_fields(capnp::AnyStruct::Reader{**source});
    // It travels on, and is stored again.
    auto again = msg<wire::TaskSource>::load(source->bytes());
    ASSERT_TRUE(again);
    expect_later_fields(capnp::AnyStruct::Reader{**again});
  }
}

TEST(later_message, keeps_what_is_unknown_when_a_known_field_is_changed) {
  auto source = msg<wire::TaskSource>::load(later_source());
  ASSERT_TRUE(source);
  auto moved = changed(*source, [](wire::TaskSource::Builder out) { out.setRow(18); });
  EXPECT_EQ(moved->getRow(), 18U);
  expect_later_fields(capnp::AnyStruct::Reader{*moved});
}

TEST(later_message, with_a_choice_that_is_unknown_is_refused_by_name) {
  auto mark = msg<wire::StoreVersion>::build([](wire::StoreVersion::Builder out) { out.setState(7); });
  auto loaded = msg<wire::StoreMark>::load(mark.bytes());
  ASSERT_FALSE(loaded);
  EXPECT_THAT(text_of(loaded.error()), HasSubstr("/state is no known choice"));
}

/// An older program reads these fields of any mark.
TEST(later_message, a_mark_has_its_version_where_every_release_looks_for_it) {
  auto mark = msg<wire::StoreMark>::build([](wire::StoreMark::Builder out) {
    out.setSchemaVersion(41);
    out.setState(wire::StoreState::LIVE);
    out.setSequence(42);
    out.initFiles(1)[0].setName("000001.log");
    out.setSoftware("4.3");
  });
  auto version = msg<wire::StoreVersion>::load(mark.bytes());
  ASSERT_TRUE(version) << text_of(version.error());
  EXPECT_EQ((*version)->getSchemaVersion(), 41U);
  EXPECT_EQ((*version)->getState(), static_cast<uint16_t>(wire::StoreState::LIVE));
  EXPECT_EQ((*version)->getSequence(), 42U);
  EXPECT_STREQ((*version)->getFiles()[0].getName().cStr(), "000001.log");
  EXPECT_STREQ((*version)->getSoftware().cStr(), "4.3");
}

} // namespace
} // namespace hive
