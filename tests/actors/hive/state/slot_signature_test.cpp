#include "actors/hive/state/slot_signature.hpp"

#include "tests/actors/hive/hive_test.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

std::string hex(std::span<const unsigned char> bytes) {
  std::string out(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(out.data(), out.size(), bytes.data(), bytes.size());
  out.pop_back();
  return out;
}

slot example() {
  return {{tool_stats_kind, "07"}, {3, 9}, std::string{"payload\0with a zero", 19}, {}};
}

TEST(slot_signature, of_an_example_is_this_for_ever) {
  auto keys = keys_of(1);
  auto what = example();
  sign(what, keys);
  EXPECT_EQ(id_of(keys).value, "fa4d86c3b551aa6cd7c3759d040c037e");
  EXPECT_EQ(hex(what.signature), "cd2be355ea483da0f122330894e465c5cdbdc99bc6e8e714373d80f48619b0aca91ea33e19fd9eb6d67da"
                                 "0467715fd07e344e0a6138aaaee0e5baf8f11e4250c");
  EXPECT_EQ(hex(hash_of(what)), "c3d4f0f930c8517feb64d42be97a48cd");
}

TEST(slot_signature, covers_the_whole_content_of_a_slot) {
  auto keys = keys_of(1);
  auto right = example();
  sign(right, keys);
  ASSERT_TRUE(is_signed_by(right, keys.public_part()));
  EXPECT_FALSE(is_signed_by(right, keys_of(2).public_part()));
  auto holds = [&](auto change) {
    auto altered = right;
    change(altered);
    EXPECT_FALSE(altered.has_same_content(right));
    EXPECT_NE(hash_of(altered), hash_of(right));
    return is_signed_by(altered, keys.public_part());
  };
  EXPECT_FALSE(holds([](slot& it) { it.name.kind = latest_results_kind; }));
  EXPECT_FALSE(holds([](slot& it) { it.name.key = "08"; }));
  EXPECT_FALSE(holds([](slot& it) { it.stamp.epoch = 4; }));
  EXPECT_FALSE(holds([](slot& it) { it.stamp.version = 10; }));
  EXPECT_FALSE(holds([](slot& it) { it.payload.pop_back(); }));
  EXPECT_FALSE(holds([](slot& it) { it.payload += '\0'; }));
  EXPECT_FALSE(holds([](slot& it) {
    // The same characters with a different boundary between key and payload.
    it.name.key += it.payload.front();
    it.payload.erase(0, 1);
  }));
}

TEST(slot_signature, any_changed_bit_of_it_is_noticed) {
  auto keys = keys_of(1);
  auto right = example();
  sign(right, keys);
  for (size_t bit = 0; bit < 8 * right.signature.size(); ++bit) {
    auto altered = right;
    altered.signature[bit / 8] ^= static_cast<unsigned char>(1u << bit % 8);
    ASSERT_FALSE(is_signed_by(altered, keys.public_part())) << bit;
  }
}

TEST(slot, has_these_bytes_for_ever) {
  auto what = example();
  sign(what, keys_of(1));
  auto message = msg<wire::HiveSlot>::build([&](auto out) { to_wire(what, out); });
  const std::string golden =
    "00000000130000000000000003000300010000000000000003000000000000000900000000000000090000001a000000090000009a00"
    "0000110000000202000030370000000000007061796c6f616400776974682061207a65726f0000000000cd2be355ea483da0f1223308"
    "94e465c5cdbdc99bc6e8e714373d80f48619b0aca91ea33e19fd9eb6d67da0467715fd07e344e0a6138aaaee0e5baf8f11e4250c";
  std::string bytes(golden.size() / 2, '\0');
  sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), golden.data(), golden.size(), nullptr,
                 nullptr, nullptr);
  auto old = msg<wire::HiveSlot>::load(bytes);
  ASSERT_TRUE(old) << text_of(old.error());
  auto read = from_wire(**old);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->has_same_content(what));
  EXPECT_TRUE(is_signed_by(*read, keys_of(1).public_part()));
  EXPECT_EQ(message.bytes(), bytes);
}

TEST(slot, survives_the_way_over_the_wire) {
  auto keys = keys_of(1);
  auto sent = signed_slot(keys, note("k"), {1, 2}, std::string(1000, '\7'));
  auto carried = over_the_wire(msg<wire::HiveSlot>::build([&](auto out) { to_wire(*sent, out); }));
  auto got = from_wire(*carried);
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->has_same_content(*sent));
  EXPECT_TRUE(is_signed_by(*got, keys.public_part()));
  EXPECT_LE(carried.bytes().size(), wire_bytes(*sent) + 16) << "the budget of deltas counts with wire_bytes";
  auto short_one = msg<wire::HiveSlot>::build([](wire::HiveSlot::Builder out) { out.initSignature(63); });
  EXPECT_FALSE(from_wire(*short_one));
}

} // namespace
} // namespace hive
