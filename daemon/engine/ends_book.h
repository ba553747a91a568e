// What all endpoints' lists, feeds and answers say of models' ends, so that whoever has an alias
// that points to such a model hears of it, too: a gateway's list does not tell when the models
// behind it go, their maker's does. Filled in the engine's thread at each good poll; what an
// endpoint said last counts until it says something else or leaves.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/config/config.h"
#include "daemon/detect/state.h"

namespace modelvane {

class EndsBook {
 public:
  // All endpoints that are configured, also those that another daemon polls; what others said is
  // forgotten.
  void keep(const Endpoints& endpoints);
  // `catalog` as the endpoint's poll made it, before join(); `state` as it was before that poll.
  void tell(const std::string& endpoint, const std::shared_ptr<const Catalog>& catalog,
            const EndpointState& state);

  // What the endpoint hears of the targets of its aliases from others. A list that has the model,
  // and whose rows are read for ends, speaks for itself. Kept in `heard`, which belongs to the
  // endpoint: as long as nothing is new, the same object is returned.
  struct Heard {
    std::shared_ptr<const Catalog> from;
    std::uint64_t version = 0;
    std::shared_ptr<const Catalog> whole;
  };
  std::shared_ptr<const Catalog> join(const EndpointConfig& endpoint, const EndpointState& state,
                                      std::shared_ptr<const Catalog> catalog, Heard& heard) const;

 private:
  struct Told {
    std::shared_ptr<const Catalog> catalog;  // null: nothing since it was configured
    std::vector<Lifecycle> ends;             // each with a source
    std::string feed;                        // what its second list of ends is called; "" = none
  };
  void index(const std::string& endpoint, const std::vector<Lifecycle>& ends);
  void forget(const std::string& endpoint, const std::vector<Lifecycle>& ends);
  // Others' words on it: the one by which it ends first. null: none.
  const Lifecycle* find(const std::string& model, const std::string& except) const;
  // What others say of the targets of the endpoint's aliases, sorted by id, unique.
  std::vector<Lifecycle> ends_for(const EndpointConfig& endpoint, const EndpointState& state,
                                  const Catalog& catalog) const;
  // Whoever is called so has not been polled yet, or is polled elsewhere: no word is not "no end".
  std::vector<std::string> silent_for(const EndpointState& state) const;

  std::unordered_map<std::string, Told> told_;  // by endpoint
  // By model and endpoint: thousands of endpoints ask about each of their targets.
  std::unordered_map<std::string, std::map<std::string, Lifecycle>> by_model_;
  std::set<std::string, std::less<>>
      silent_;                 // endpoints that have said nothing yet, and their feeds
  std::uint64_t version_ = 1;  // grows with each change
};

}  // namespace modelvane
