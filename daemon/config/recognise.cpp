#include "daemon/config/recognise.h"

#include <fmt/format.h>

#include <tuple>

#include "daemon/catalog/read_catalog.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

std::string_view without_query(std::string_view url) {
  return url.substr(0, url.find_first_of("?#"));
}

struct Score {
  std::size_t signs = 0, aliases = 0, ends = 0, models = 0;
  friend bool operator==(const Score&, const Score&) = default;
  bool operator>(const Score& other) const {
    return std::tie(signs, aliases, ends, models) >
           std::tie(other.signs, other.aliases, other.ends, other.models);
  }
};

// By preset.
std::vector<bool> fitting_presets(std::string_view body) {
  std::vector<SignedShape> shapes;
  for (const auto& preset : providers())
    shapes.push_back({reading_of(preset, usual_url(preset)).shape.items, preset.signs});
  return fitting(body, shapes);
}

Score score_of(const ProviderPreset& preset, const Catalog& catalog) {
  return {.signs = preset.signs.size(),
          .aliases = catalog.aliases.size(),
          .ends = catalog.lifecycles.size(),
          .models = catalog.ids.size()};
}

}  // namespace

const ProviderPreset* provider_of_url(std::string_view url) {
  const ProviderPreset* on_host = nullptr;
  for (const auto& preset : providers()) {
    if (preset.url.empty() || !has_same_origin(preset.url, url)) continue;
    if (without_query(preset.url) == without_query(url)) return &preset;
    if (on_host == nullptr) on_host = &preset;
  }
  return on_host;
}

ListMatch provider_of_list(std::string_view body) {
  // What any such list has is no sign of a provider: others must tell more.
  const auto* generic = find_provider("openai-compatible");
  ListMatch best{.preset = generic};
  Score score;
  const auto judge = [&](const ProviderPreset& preset) {
    const auto reading = reading_of(preset, usual_url(preset));
    CatalogReader reader{reading, Extent::Start};
    if (!reader.add_page(body)) return;
    const auto catalog = reader.take();
    if (!catalog) return;
    const auto own = score_of(preset, *catalog);
    // As much as any list tells, but by a preset of its own: that says more.
    const bool is_special = own == score && own.aliases > 0 && best.preset == generic;
    if (!(own > score) && !is_special) return;
    score = own;
    best = {.preset = &preset, .models = score.models, .aliases = score.aliases};
  };
  judge(*generic);
  const auto fits = fitting_presets(body);
  for (std::size_t i = 0; i < providers().size(); ++i) {
    const auto& preset = providers()[i];
    if (&preset != generic && fits[i]) judge(preset);
  }
  if (score.models == 0) best.preset = nullptr;
  return best;
}

std::string endpoint_yaml(const ProviderPreset& preset, std::string_view url) {
  const bool is_own = without_query(url) == without_query(preset.url);
  const auto place = is_own ? std::string{} : fmt::format("\n    url: {}", url);
  return fmt::format("endpoints:\n  - name: {0}\n    provider: {0}{1}\n", preset.name, place);
}

}  // namespace modelvane
