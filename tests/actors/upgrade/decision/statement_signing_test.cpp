#include "actors/upgrade/decision/statement_signing.hpp"

#include "actors/hive/state/slot_signature.hpp"
#include "platform/hex.hpp"
#include "platform/identity/node_identity.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

key_pair keys_of(unsigned char number) {
  std::array<unsigned char, key_pair::seed_bytes> seed{number};
  return key_pair::from_seed(seed);
}

const std::string payload{"payload\0with a zero", 19};

msg<wire::StoredSlot> example() {
  return sign_statement(keys_of(1), gate::slot_type::vote, "0", payload, 3, 9);
}

msg<wire::StoredSlot> changed(const std::function<void(wire::StoredSlot::Builder)>& change) {
  capnp::MallocMessageBuilder built;
  built.setRoot(*example());
  change(built.getRoot<wire::StoredSlot>());
  return msg<wire::StoredSlot>::adopt(built);
}

TEST(statement_signing, of_an_example_is_this_for_ever) {
  auto made = example();
  auto signature = made->getSlot().getSignature();
  // From another implementation of Ed25519, over the bytes that statement_signing.hpp names.
  EXPECT_EQ(
    to_hex(std::span{signature.begin(), signature.size()}),
    "ec3e3f31f4ab17a9a03108b2711ca514687c2c1e2a1284928d7a764c194b15223a65eb7584c484646a1d96b429deef7cda1f72537ff"
    "c560b4640aa122b7b8a01");
  auto origin = verify_statement(*made);
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->value, "fa4d86c3b551aa6cd7c3759d040c037e");
}

TEST(statement_signing, covers_every_field) {
  auto other = keys_of(2);
  EXPECT_FALSE(verify_statement(*changed([](auto out) { out.getSlot().setKind(3); })));
  EXPECT_FALSE(verify_statement(*changed([](auto out) { out.getSlot().setKey("1"); })));
  EXPECT_FALSE(verify_statement(*changed([](auto out) { out.getSlot().setEpoch(4); })));
  EXPECT_FALSE(verify_statement(*changed([](auto out) { out.getSlot().setVersion(10); })));
  EXPECT_FALSE(verify_statement(*changed([](auto out) { out.getSlot().setPayload(gate::data_of("payload")); })));
  EXPECT_FALSE(verify_statement(*changed([&](auto out) {
    out.setPublicKey({other.public_part().data(), other.public_part().size()});
  })));
  // The same characters with a different boundary between key and payload.
  EXPECT_FALSE(verify_statement(*changed([](auto out) {
    out.getSlot().setKey("0p");
    out.getSlot().setPayload(gate::data_of(payload.substr(1)));
  })));
}

TEST(statement_signing, notices_any_changed_bit_of_key_and_signature) {
  for (size_t bit = 0; bit < 8 * sizeof(signature_bytes); ++bit) {
    auto altered =
      changed([&](auto out) { out.getSlot().getSignature()[bit / 8] ^= static_cast<kj::byte>(1u << bit % 8); });
    ASSERT_FALSE(verify_statement(*altered)) << bit;
  }
  for (size_t bit = 0; bit < 8 * sizeof(public_key); ++bit) {
    auto altered = changed([&](auto out) { out.getPublicKey()[bit / 8] ^= static_cast<kj::byte>(1u << bit % 8); });
    ASSERT_FALSE(verify_statement(*altered)) << bit;
  }
}

TEST(statement_signing, takes_no_key_or_signature_of_another_length) {
  EXPECT_FALSE(verify_statement(*changed([](auto out) { out.getSlot().initSignature(63); })));
  EXPECT_FALSE(verify_statement(*changed([](auto out) { out.getSlot().initSignature(0); })));
  EXPECT_FALSE(verify_statement(*changed([](auto out) { out.initPublicKey(31); })));
  EXPECT_FALSE(verify_statement(*changed([](auto out) { out.initPublicKey(0); })));
}

TEST(statement_signing, tells_statements_and_slots_of_the_hive_apart) {
  auto keys = keys_of(1);
  slot content{{slot_kind{4}, "0"}, {3, 9}, payload, {}};
  sign(content, keys);
  EXPECT_FALSE(verify_statement(*to_stored(keys.public_part(), content)));
  auto statement = example();
  auto read = from_wire(statement->getSlot());
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->has_same_content(content));
  EXPECT_FALSE(is_signed_by(*read, keys.public_part()));
}

} // namespace
} // namespace hive
