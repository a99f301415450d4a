#include "tests/actors/hive/federation/federation_node.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// A topic that exists only in this file: the federation carries it between real nodes without any change.

namespace hive {
namespace {

using testing::HasSubstr;

/// Weather at the nodes, by station; only temperatures that occur on earth are valid.
constexpr slot_kind weather{200};

slot_rules weather_rules() {
  auto decode = [](std::string_view, std::string_view payload) -> caf::expected<slot_content> {
    int degrees = std::atoi(std::string{payload}.c_str());
    if (degrees < -90 || degrees > 60)
      return fail(ec::invalid, "it is nowhere " + std::to_string(degrees) + " degrees");
    return make_content(degrees);
  };
  return {weather, "weather", decode};
}

/// Weather at other nodes as one node knows it: node/station to degrees.
class weather_map {
public:
  void put(const slots_accepted& what) {
    std::lock_guard lock{mutex_};
    for (const auto& slot : what.slots) {
      auto place = what.origin.value + "/" + slot.key;
      if (const auto* degrees = content_as<int>(slot.content))
        map_[place] = *degrees;
      else
        map_.erase(place);
    }
  }

  void erase(const slots_withdrawn& what) {
    std::lock_guard lock{mutex_};
    std::erase_if(map_, [&](const auto& each) { return each.first.starts_with(what.origin.value); });
  }

  std::optional<int> at(const node_id& node, const std::string& station) const {
    std::lock_guard lock{mutex_};
    auto found = map_.find(node.value + "/" + station);
    return found == map_.end() ? std::nullopt : std::optional{found->second};
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, int> map_;
};

using weather_actor = slot_consumer_actor::extend_with<slot_producer_actor>;

/// Publishes its own weather when the federation starts, and collects that of others.
weather_actor::behavior_type station(weather_actor::pointer self, std::shared_ptr<weather_map> map,
                                     std::map<std::string, std::string> measured) {
  return {
    [map](const slots_accepted& what) { map->put(what); },
    [map](const slots_withdrawn& what) { map->erase(what); },
    [self, measured](const sharing_started& with) {
      self->send(with.publisher, publish_slots{weather, measured});
    },
  };
}

class made_up_topic : public testing::Test {
protected:
  std::unique_ptr<federation_node> start(const std::string& name, std::map<std::string, std::string> measured,
                                         std::shared_ptr<weather_map> map, std::vector<endpoint> join = {}) {
    federation_node_options options;
    options.join = std::move(join);
    options.directory = temp_.path() / name;
    options.topics = [map, measured](caf::actor_system& system) {
      auto actor = system.spawn(station, map, measured);
      return std::vector<slot_topic>{{weather_rules(), actor, actor}};
    };
    return std::make_unique<federation_node>(options);
  }

  temporary_directory temp_;
};

TEST_F(made_up_topic, travels_through_three_nodes_and_over_their_restarts) {
  auto map_a = std::make_shared<weather_map>(), map_b = std::make_shared<weather_map>(),
       map_c = std::make_shared<weather_map>();
  auto a = start("a", {{"roof", "21"}, {"cellar", "12"}}, map_a);
  auto b = start("b", {{"roof", "-5"}}, map_b, {a->at()});
  auto c = start("c", {}, map_c, {b->at()});
  EXPECT_TRUE(wait_until([&] { return map_c->at(a->id(), "cellar") == 12 && map_c->at(b->id(), "roof") == -5; }));
  EXPECT_TRUE(wait_until([&] { return map_a->at(b->id(), "roof") == -5; }));

  caf::anon_send(a->federation(), publish_slots{weather, {{"roof", "22"}}});
  EXPECT_TRUE(wait_until([&] { return map_c->at(a->id(), "roof") == 22 && !map_c->at(a->id(), "cellar"); }));
  EXPECT_TRUE(wait_until([&] { return map_b->at(a->id(), "roof") == 22; }));
  EXPECT_FALSE(map_a->at(a->id(), "roof")) << "nobody is told of its own";

  auto id_a = a->id();
  a.reset();
  c.reset();
  map_c = std::make_shared<weather_map>();
  c = start("c", {}, map_c);
  EXPECT_TRUE(wait_until([&] { return map_c->at(id_a, "roof") == 22; })) << "from its own disk: nobody else is there";
}

TEST_F(made_up_topic, a_node_does_not_publish_what_the_others_would_not_believe) {
  auto map_a = std::make_shared<weather_map>(), map_b = std::make_shared<weather_map>();
  auto a = start("a", {{"oven", "220"}, {"roof", "21"}}, map_a);
  auto b = start("b", {}, map_b, {a->at()});
  EXPECT_TRUE(wait_until([&] { return map_b->at(a->id(), "roof") == 21; }));
  EXPECT_FALSE(map_b->at(a->id(), "oven"));
  EXPECT_EQ(b->status()->getQuarantined().size(), 0U);
}

/// Two nodes with the topic, linked only through one without it.
TEST_F(made_up_topic, goes_through_a_node_that_does_not_know_it) {
  auto map_a = std::make_shared<weather_map>(), map_c = std::make_shared<weather_map>();
  auto a = start("a", {{"roof", "21"}}, map_a);
  federation_node_options plain;
  plain.directory = temp_.path() / "b";
  plain.join = {a->at()};
  federation_node b{plain};
  EXPECT_TRUE(wait_until([&] { return b.status()->getKnown() == 2; }));
  a.reset();
  auto c = start("c", {}, map_c, {b.at()});
  EXPECT_TRUE(wait_until([&] { return c->status()->getKnown() == 3; }));
  EXPECT_TRUE(wait_until([&] {
    auto nodes = c->ask<msg<wire::NodeList>>(msg<wire::NodeQuery>{}).value();
    for (auto node : nodes->getNodes())
      if (map_c->at({node.getId().cStr()}, "roof") == 21)
        return true;
    return false;
  }));
}

} // namespace
} // namespace hive
