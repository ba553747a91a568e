#include "daemon/catalog/resolve_aliases.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "daemon/catalog/list_bounds.h"
#include "daemon/catalog/targets.h"

namespace modelvane {
namespace {

using Targets = std::set<std::string>;

struct Direct {
  Targets targets;
  std::size_t rule = 0;
  std::size_t evidence = 0;
};
using DirectByAlias = std::map<std::string, Direct>;

// In a group whose members all list one another there is no direction to read: such statements are
// left out.
void drop_symmetric(std::vector<Statement>& statements, const std::vector<AliasRule>& rules) {
  std::set<std::tuple<std::size_t, std::string, std::string>> pairs;
  const auto has_no_canonical = [&](const Statement& one) {
    return rules[one.rule].kind == Rule::Reverse && rules[one.rule].canonical.empty();
  };
  for (const auto& one : statements) {
    if (has_no_canonical(one)) pairs.emplace(one.rule, one.alias, one.target);
  }
  std::erase_if(statements, [&](const Statement& one) {
    return has_no_canonical(one) && pairs.contains({one.rule, one.target, one.alias});
  });
}

// Two models may claim one id (Mistral's voxtral-mini-2507): that id's own row knows better.
void drop_canonical(std::vector<Statement>& statements) {
  std::set<std::pair<std::size_t, std::string>> canonical;
  for (const auto& one : statements) {
    if (one.alias == one.target) canonical.emplace(one.rule, one.alias);
  }
  std::erase_if(statements,
                [&](const Statement& one) { return canonical.contains({one.rule, one.alias}); });
}

DirectByAlias direct_targets(std::vector<Statement> statements) {
  std::ranges::sort(statements, {}, [](const Statement& one) {
    return std::tie(one.alias, one.rule, one.evidence);
  });
  DirectByAlias known;
  for (auto& one : statements) {
    auto hint = known.end();
    if (known.empty() || std::prev(hint)->first != one.alias) {
      hint = known.emplace_hint(hint, one.alias,
                                Direct{.targets = {}, .rule = one.rule, .evidence = one.evidence});
    } else {
      --hint;
    }
    if (hint->second.rule == one.rule) hint->second.targets.insert(std::move(one.target));
  }
  return known;
}

// One step along the chain: every target that is an alias itself gives way to its own targets.
// False on a cycle.
bool step(const DirectByAlias& known, const std::vector<AliasRule>& rules, Targets& targets,
          Targets& passed) {
  Targets next;
  for (const auto& target : targets) {
    const auto found = known.find(target);
    if (found == known.end() || rules[found->second.rule].opaque) {
      next.insert(target);
      continue;
    }
    passed.insert(target);
    next.insert(found->second.targets.begin(), found->second.targets.end());
  }
  if (std::ranges::any_of(next, [&](const auto& target) { return passed.contains(target); }))
    return false;
  targets = std::move(next);
  return targets.size() <= kTargetsMax;
}

// A chain that comes back to itself leads nowhere: then the row's own word stands.
Targets follow(const DirectByAlias& known, const std::vector<AliasRule>& rules,
               const std::string& alias, const Direct& direct) {
  const auto& rule = rules[direct.rule];
  Targets targets = direct.targets;
  if (rule.kind != Rule::Field || rule.opaque) return targets;
  Targets passed{alias};
  for (int hop = 1; hop < rule.max_hops; ++hop) {
    if (!step(known, rules, targets, passed)) return direct.targets;
  }
  return targets;
}

}  // namespace

std::vector<ResolvedAlias> resolve_aliases(std::vector<Statement> statements,
                                           const std::vector<AliasRule>& rules) {
  drop_canonical(statements);
  drop_symmetric(statements, rules);
  const auto known = direct_targets(std::move(statements));
  std::vector<ResolvedAlias> resolved;
  for (const auto& [alias, direct] : known) {
    const bool is_bounded = direct.targets.size() <= kTargetsMax;
    resolved.push_back(
        {.id = alias,
         .target = is_bounded ? joined_targets(follow(known, rules, alias, direct)) : "",
         .rule = rules[direct.rule].kind,
         .rule_index = direct.rule,
         .evidence = direct.evidence});
  }
  return resolved;
}

}  // namespace modelvane
