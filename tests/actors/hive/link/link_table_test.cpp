#include "actors/hive/link/link_table.hpp"

#include "messages/ec.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <random>

namespace hive {
namespace {

const node_id low{"1111"}, high{"2222"};

link_table::candidate dialled_by_us(const node_id& node, uint64_t epoch = 1) {
  return {node, epoch, true};
}

link_table::candidate dialled_by_them(const node_id& node, uint64_t epoch = 1) {
  return {node, epoch, false};
}

TEST(link_table, keeps_one_link_with_each_node) {
  link_table links{low};
  EXPECT_FALSE(links.admit({1}, dialled_by_us(high)).refused);
  EXPECT_EQ(code_of(links.admit({2}, dialled_by_us(high)).refused), ec::already_exists);
  EXPECT_EQ(code_of(links.admit({3}, dialled_by_them(high)).refused), ec::already_exists);
  EXPECT_FALSE(links.admit({4}, dialled_by_us({"3333"})).refused);
  EXPECT_TRUE(links.holds({1}));
  EXPECT_FALSE(links.holds({2}));

  EXPECT_EQ(links.drop({2}), std::nullopt);
  EXPECT_EQ(links.drop({1}), high);
  EXPECT_FALSE(links.has(high));
  EXPECT_FALSE(links.admit({5}, dialled_by_them(high)).refused);
}

TEST(link_table, refuses_the_node_itself) {
  link_table links{low};
  EXPECT_EQ(code_of(links.admit({1}, dialled_by_us(low)).refused), ec::invalid);
  EXPECT_EQ(code_of(links.admit({2}, dialled_by_them(low)).refused), ec::invalid);
  EXPECT_FALSE(links.has(low));
}

TEST(link_table, refuses_a_second_node_on_a_certificate_that_is_in_use) {
  auto holding = [](const node_id& node, const std::string& holder) {
    return link_table::candidate{node, 1, false, holder};
  };
  link_table links{low};
  EXPECT_FALSE(links.admit({1}, holding(high, "one")).refused);
  auto refused = links.admit({2}, holding({"3333"}, "one")).refused;
  EXPECT_EQ(code_of(refused), ec::conflict);
  EXPECT_NE(text_of(refused).find(high.value), std::string::npos) << text_of(refused);
  EXPECT_FALSE(links.has({"3333"}));
  EXPECT_FALSE(links.admit({3}, holding({"4444"}, "two")).refused);
  EXPECT_FALSE(links.admit({4}, holding({"5555"}, "")).refused) << "without TLS there is none";
  EXPECT_FALSE(links.admit({5}, holding({"6666"}, "")).refused);
  links.drop({1});
  EXPECT_FALSE(links.admit({6}, holding({"3333"}, "one")).refused);
}

TEST(link_table, a_later_start_takes_the_place_of_an_earlier_one) {
  link_table links{low};
  links.admit({1}, dialled_by_us(high, 7));
  auto verdict = links.admit({2}, dialled_by_them(high, 8));
  EXPECT_FALSE(verdict.refused);
  EXPECT_EQ(verdict.superseded, connection_id{1});
  EXPECT_EQ(links.drop({1}), std::nullopt) << "its end is not the end of the link";
  EXPECT_TRUE(links.holds({2}));
  EXPECT_EQ(code_of(links.admit({3}, dialled_by_us(high, 7)).refused), ec::already_exists);
}

TEST(link_table, of_two_dials_the_lower_ids_wins) {
  link_table at_low{low}, at_high{high};
  ASSERT_FALSE(at_low.admit({1}, dialled_by_them(high)).refused);
  auto verdict = at_low.admit({2}, dialled_by_us(high));
  EXPECT_FALSE(verdict.refused);
  EXPECT_EQ(verdict.superseded, connection_id{1});

  ASSERT_FALSE(at_high.admit({1}, dialled_by_them(low)).refused);
  EXPECT_TRUE(at_high.admit({2}, dialled_by_us(low)).refused);
}

TEST(link_table, a_settled_link_stays) {
  link_table links{low};
  links.admit({1}, dialled_by_them(high));
  links.settle({1});
  EXPECT_EQ(code_of(links.admit({2}, dialled_by_us(high)).refused), ec::already_exists);
  links.settle({9}); // a connection that is nobody's link
}

// -- both ends of a pair, in every order of events -------------------------------

/// Two nodes that dial each other, with their handshake messages in flight.
class pair_of_dialling_nodes {
public:
  explicit pair_of_dialling_nodes(uint64_t seed) : random_{seed} {
    for (int dial = 0; dial < 3; ++dial)
      for (int from : {0, 1})
        dials_.push_back({from, ++connections_, step::hello});
  }

  /// Completes the handshakes in a random order; the messages of each dial keep their order.
  void run() {
    while (!dials_.empty()) {
      auto at = std::uniform_int_distribution<size_t>{0, dials_.size() - 1}(random_);
      if (!advance(dials_[at]))
        dials_.erase(dials_.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }

  /// Connections that a node considers the link.
  std::vector<uint64_t> links_of(int node) const {
    std::vector<uint64_t> out;
    for (uint64_t id = 1; id <= connections_; ++id)
      if (tables_[node].holds({id}))
        out.push_back(id);
    return out;
  }

private:
  enum class step { hello, answer, end };
  struct dial {
    int from;
    uint64_t id;
    step next;
  };

  /// Delivers the next message of a dial; false after the last one.
  bool advance(dial& d) {
    int there = d.next == step::answer ? d.from : 1 - d.from;
    auto& table = tables_[there];
    if (cut_.contains(d.id)) { // the reader finds the connection closed
      tables_[0].drop({d.id});
      tables_[1].drop({d.id});
      return false;
    }
    if (d.next == step::end) {
      table.settle({d.id});
      return false;
    }
    auto verdict = table.admit({d.id}, {nodes_[1 - there], 1, there == d.from});
    if (verdict.superseded)
      cut(*verdict.superseded);
    if (verdict.refused) {
      cut({d.id});
      return false;
    }
    d.next = d.next == step::hello ? step::answer : step::end;
    return true;
  }

  void cut(connection_id id) {
    cut_.insert(id.value);
    tables_[0].drop(id);
    tables_[1].drop(id);
  }

  std::mt19937_64 random_;
  std::vector<dial> dials_;
  uint64_t connections_ = 0;
  std::set<uint64_t> cut_;
  std::array<node_id, 2> nodes_{low, high};
  std::array<link_table, 2> tables_{link_table{low}, link_table{high}};
};

TEST(link_table, both_ends_agree_on_one_link_whatever_the_order) {
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    pair_of_dialling_nodes pair{seed};
    pair.run();
    ASSERT_EQ(pair.links_of(0), pair.links_of(1)) << "seed " << seed;
    ASSERT_EQ(pair.links_of(0).size(), 1U) << "seed " << seed;
  }
}

} // namespace
} // namespace hive
