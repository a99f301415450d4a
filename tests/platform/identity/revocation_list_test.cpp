#include "platform/identity/revocation_list.hpp"

#include "messages/ec.hpp"
#include "platform/hex.hpp"
#include "platform/identity/certificate_ledger.hpp"
#include "platform/identity/credentials.hpp"
#include "platform/sha256.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/rand.h>
#include <random>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr int64_t crl_now = 1'800'000'000;
constexpr int64_t crl_day = 86'400;
constexpr int64_t crl_year = 365 * crl_day;

certified_key crl_ca(const std::string& name) {
  return *make_ca(name, crl_now - crl_day, crl_now + 100 * crl_day);
}

certified_key crl_node(const certified_key& ca, const std::string& name, std::optional<private_key> key = {}) {
  return *issue_certificate(ca, {certificate_role::node, name, crl_now - crl_day, crl_now + 10 * crl_day},
                            std::move(key));
}

revocation_content of_certificate(const certificate& cert) {
  return {{{cert.serial(), crl_now}}, {key_prefix(cert.key_fingerprint())}, {}};
}

std::string random_hex(std::mt19937_64& random, size_t bytes) {
  std::string out;
  for (size_t i = 0; i < bytes; ++i) {
    std::array<unsigned char, 1> byte{static_cast<unsigned char>(random())};
    out += to_hex(byte);
  }
  return out;
}

TEST(revocation_list, says_what_was_signed_after_a_round_trip) {
  auto ca = crl_ca("hive");
  auto gone = crl_node(ca, "node4"), other = crl_node(ca, "node5");
  auto content = of_certificate(gone.cert);
  content.nodes = {{"00112233445566778899aabbccddeeff"}};
  auto made = revocation_list::sign(ca, 7, content, crl_now);
  ASSERT_TRUE(made) << text_of(made.error());
  auto read = revocation_list::check_pem(made->pem(), "crl.pem", {ca.cert});
  ASSERT_TRUE(read) << text_of(read.error());
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().number(), 7U);
  EXPECT_EQ(read->front().content(), content);
  EXPECT_EQ(read->front().ca(), ca.cert.key_fingerprint());
  revocations all;
  EXPECT_TRUE(all.add(read->front()));
  EXPECT_THAT(all.why_revoked(gone.cert), HasSubstr("node4"));
  EXPECT_THAT(all.why_revoked(gone.cert), HasSubstr(gone.cert.serial()));
  EXPECT_EQ(all.why_revoked(other.cert), "");
  EXPECT_TRUE(all.forgets({"00112233445566778899aabbccddeeff"}));
  EXPECT_FALSE(all.forgets({"00112233445566778899aabbccddeef0"}));
}

/// Both times of the list are far off, and it counts all the same.
TEST(revocation_list, has_no_clock) {
  auto ca = crl_ca("hive");
  auto gone = crl_node(ca, "node4");
  for (auto when : {crl_now - 20 * crl_year, crl_now, crl_now + 20 * crl_year}) {
    auto list = revocation_list::sign(ca, 1, of_certificate(gone.cert), when);
    ASSERT_TRUE(list) << text_of(list.error());
    revocations all;
    all.add(*revocation_list::check(list->der(), {ca.cert}));
    EXPECT_NE(all.why_revoked(gone.cert), "");
  }
}

TEST(revocation_list, goes_by_the_number_alone) {
  auto ca = crl_ca("hive");
  auto gone = crl_node(ca, "node4");
  auto early = *revocation_list::sign(ca, 2, {}, crl_now + crl_year);
  auto late = *revocation_list::sign(ca, 3, of_certificate(gone.cert), crl_now - crl_year);
  for (auto order : {std::vector{early, late}, std::vector{late, early}}) {
    revocations all;
    for (const auto& each : order)
      all.add(each);
    EXPECT_EQ(all.number_of(ca.cert.key_fingerprint()), 3U);
    EXPECT_NE(all.why_revoked(gone.cert), "");
    EXPECT_FALSE(all.add(early));
    EXPECT_FALSE(all.add(late));
  }
}

/// A serial number counts for the certificates of its CA alone, even if another CA has the same name.
TEST(revocation_list, keeps_apart_cas_of_one_name) {
  auto old_ca = crl_ca("hive"), new_ca = crl_ca("hive");
  auto by_old = crl_node(old_ca, "node4");
  auto list = *revocation_list::sign(new_ca, 1, {{{by_old.cert.serial(), crl_now}}, {}, {}}, crl_now);
  revocations all;
  all.add(*revocation_list::check(list.der(), {old_ca.cert, new_ca.cert}));
  EXPECT_EQ(all.why_revoked(by_old.cert), "");
  EXPECT_EQ(all.number_of(old_ca.cert.key_fingerprint()), 0U);
  EXPECT_EQ(all.number_of(new_ca.cert.key_fingerprint()), 1U);
  all.keep_only({old_ca.cert});
  EXPECT_EQ(all.number_of(new_ca.cert.key_fingerprint()), 0U);
}

/// The key is blocked in every certificate, so another one for it is of no use.
TEST(revocation_list, blocks_the_key_in_other_certificates) {
  auto ca = crl_ca("hive");
  auto gone = crl_node(ca, "node4");
  auto again = crl_node(ca, "node4", gone.key);
  ASSERT_NE(gone.cert.serial(), again.cert.serial());
  revocations all;
  all.add(*revocation_list::sign(ca, 1, of_certificate(gone.cert), crl_now));
  EXPECT_NE(all.why_revoked(again.cert), "");
}

TEST(revocation_list, of_a_stranger_is_refused) {
  auto ca = crl_ca("hive"), forger = crl_ca("hive"), stranger = crl_ca("other");
  auto forged = revocation_list::check(revocation_list::sign(forger, 9, {}, crl_now)->der(), {ca.cert});
  ASSERT_FALSE(forged);
  EXPECT_EQ(code_of(forged.error()), ec::integrity_violated) << text_of(forged.error());
  auto unknown = revocation_list::check(revocation_list::sign(stranger, 9, {}, crl_now)->der(), {ca.cert});
  ASSERT_FALSE(unknown);
  EXPECT_EQ(code_of(unknown.error()), ec::not_found) << text_of(unknown.error());
}

TEST(revocation_list, with_a_flipped_bit_is_refused) {
  auto ca = crl_ca("hive");
  auto der = revocation_list::sign(ca, 4, of_certificate(crl_node(ca, "node4").cert), crl_now)->der();
  for (size_t at = 0; at < der.size(); ++at)
    for (int bit : {0, 7}) {
      auto bad = der;
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ (1U << bit));
      auto read = revocation_list::check(bad, {ca.cert});
      // The form of a signature of ECDSA has no second reading here, and neither has its frame.
      EXPECT_FALSE(read) << "byte " << at << " bit " << bit;
    }
  for (auto size : {size_t{0}, size_t{1}, der.size() - 1})
    EXPECT_FALSE(revocation_list::check(der.substr(0, size), {ca.cert}));
  EXPECT_FALSE(revocation_list::check(der + '\0', {ca.cert}));
}

TEST(revocation_list, is_bounded) {
  auto ca = crl_ca("hive");
  EXPECT_EQ(code_of(revocation_list::check(std::string(1'000'000, 'x'), {ca.cert}).error()), ec::too_large);
  auto pem = "-----BEGIN X509 CRL-----\n" + std::string(1'000'000, 'A') + "\n-----END X509 CRL-----\n";
  EXPECT_EQ(code_of(revocation_list::check_pem(pem, "crl.pem", {ca.cert}).error()), ec::too_large);
  std::mt19937_64 random{1};
  revocation_content many;
  for (int i = 0; i < 2'000; ++i)
    many.serials.emplace(random_hex(random, 16), crl_now);
  auto made = revocation_list::sign(ca, 1, many, crl_now);
  ASSERT_FALSE(made);
  EXPECT_EQ(code_of(made.error()), ec::too_large);
  EXPECT_THAT(text_of(made.error()), HasSubstr("65536"));
}

/// A full table of nodes can be forgotten with one list: all but the one that is left.
TEST(revocation_list, has_room_for_1023_forgotten_nodes) {
  auto ca = crl_ca("hive");
  std::mt19937_64 random{2};
  revocation_content many;
  for (int i = 0; i < 1'023; ++i) {
    many.serials.emplace(random_hex(random, 16), crl_now);
    many.keys.insert(random_hex(random, 12));
    many.nodes.insert({random_hex(random, 16)});
  }
  auto made = revocation_list::sign(ca, 1'000'000, many, crl_now);
  ASSERT_TRUE(made) << text_of(made.error());
  std::cout << "1,023 forgotten nodes take " << made->der().size() << " bytes\n";
  EXPECT_EQ(revocation_list::check(made->der(), {ca.cert})->content(), many);
}

// -- the directory of a CA ---------------------------------------------------------

class ca_directory_test : public testing::Test {
protected:
  ca_directory_test() {
    EXPECT_TRUE(create_ca(ca_, "hive", 100, crl_now));
  }

  certified_key issue(const std::string& name, uint32_t days = 10) {
    auto made = issue_into(ca_, folder_.path() / name, certificate_role::node, name, days, crl_now);
    EXPECT_TRUE(made) << text_of(made.error());
    return *made;
  }

  temporary_directory folder_;
  fs::path ca_ = folder_.path() / "ca";
};

TEST_F(ca_directory_test, records_what_it_issues) {
  auto first = issue("node1"), second = issue("node2");
  auto all = read_issued(ca_);
  ASSERT_TRUE(all) << text_of(all.error());
  ASSERT_EQ(all->size(), 2U);
  EXPECT_STREQ((*all)[0]->getName().cStr(), "node1");
  EXPECT_EQ(std::string{(*all)[0]->getSerial().cStr()}, first.cert.serial());
  EXPECT_EQ(std::string{(*all)[1]->getKey().cStr()}, second.cert.key_fingerprint());
  EXPECT_EQ((*all)[1]->getNotAfter(), second.cert.not_after() * 1'000'000);
  EXPECT_FALSE(issue_into(ca_, folder_.path() / "node1", certificate_role::node, "node1", 10, crl_now));
  EXPECT_EQ(read_issued(ca_)->size(), 2U) << "what was refused is not recorded";
}

TEST_F(ca_directory_test, survives_a_line_cut_by_a_crash) {
  issue("node1");
  auto file = ca_ / ca_files::ledger;
  auto whole = file_text(file);
  put_file(file, whole + whole.substr(0, whole.size() / 2));
  EXPECT_EQ(read_issued(ca_)->size(), 1U);
  issue("node2");
  auto all = read_issued(ca_);
  ASSERT_TRUE(all) << text_of(all.error());
  EXPECT_EQ(all->size(), 2U);
  put_file(file, "nonsense\n");
  auto broken = read_issued(ca_);
  ASSERT_FALSE(broken);
  EXPECT_THAT(text_of(broken.error()), HasSubstr("issued.jsonl, line 1"));
}

TEST_F(ca_directory_test, raises_the_number_of_its_list) {
  auto first = issue("node1"), second = issue("node2");
  EXPECT_EQ(code_of(revoke_in(ca_, {}, crl_now).error()), ec::invalid);
  EXPECT_EQ(revoke_in(ca_, of_certificate(first.cert), crl_now)->list.number(), 1U);
  auto again = revoke_in(ca_, of_certificate(first.cert), crl_now + 9);
  EXPECT_EQ(again->list.number(), 1U) << "nothing is new";
  EXPECT_EQ(again->added, revocation_content{});
  auto both = revoke_in(ca_, of_certificate(second.cert), crl_now + crl_day);
  ASSERT_TRUE(both) << text_of(both.error());
  EXPECT_EQ(both->list.number(), 2U);
  EXPECT_EQ(both->list.content().serials.size(), 2U);
  EXPECT_EQ(both->list.content().serials.at(first.cert.serial()), crl_now) << "a revocation keeps its time";
  EXPECT_EQ((*read_revocations(ca_))->number(), 2U);
  put_file(ca_ / ca_files::revocations, "nonsense");
  auto broken = revoke_in(ca_, of_certificate(second.cert), crl_now);
  ASSERT_FALSE(broken);
  EXPECT_THAT(text_of(broken.error()), HasSubstr("crl.pem"));
}

TEST_F(ca_directory_test, renews_a_certificate_with_a_new_key) {
  auto before = issue("node1");
  auto directory = folder_.path() / "node1";
  auto after = renew_into(ca_, directory, 20, crl_now + crl_day);
  ASSERT_TRUE(after) << text_of(after.error());
  EXPECT_EQ(after->cert.name(), "node1");
  EXPECT_NE(after->cert.key_fingerprint(), before.cert.key_fingerprint());
  auto loaded = load_credentials(directory, certificate_role::node, crl_now + crl_day);
  ASSERT_TRUE(loaded) << text_of(loaded.error());
  EXPECT_TRUE(loaded->own.cert == after->cert);
  EXPECT_EQ(read_issued(ca_)->size(), 2U);
  for (const auto& each : fs::directory_iterator{directory})
    EXPECT_NE(each.path().extension(), ".new");
}

TEST(serial_numbers, are_read_as_people_write_them) {
  EXPECT_EQ(*parse_serial("0A:bC:01"), "0abc01");
  EXPECT_EQ(*parse_serial("ABC"), "0abc");
  EXPECT_EQ(*parse_serial("000ABC"), "0abc");
  EXPECT_FALSE(parse_serial(""));
  EXPECT_FALSE(parse_serial("12x"));
  EXPECT_FALSE(parse_serial(std::string(41, '1')));
}

} // namespace
} // namespace hive
