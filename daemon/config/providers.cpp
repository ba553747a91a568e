#include "daemon/config/providers.h"

#include <algorithm>
#include <array>
#include <string>

namespace modelvane {
namespace {

// InternLM says on the alias's own row what it stands for (`ref_model`; null on the other rows).
constexpr std::array kInternlmAliasFields{std::string_view{"/ref_model"}};

constexpr std::array kPresets{
    ProviderPreset{.name = "internlm",
                   .url = "https://chat.intern-ai.org.cn/api/v1/models",
                   .items = "/data",
                   .id = "/id",
                   .strip_prefix = "",
                   .alias_fields = kInternlmAliasFields,
                   .key_variable = "INTERN_API_KEY"},
};

constexpr std::array kProviderNames{
    std::string_view{"internlm"},
    std::string_view{"openrouter"},
    std::string_view{"mistral"},
    std::string_view{"xai"},
    std::string_view{"openai"},
    std::string_view{"anthropic"},
    std::string_view{"gemini"},
    std::string_view{"gemini-openai"},
    std::string_view{"deepseek"},
    std::string_view{"zhipu"},
    std::string_view{"moonshot"},
    std::string_view{"kimi-code"},
    std::string_view{"dashscope"},
    std::string_view{"groq"},
    std::string_view{"together"},
    std::string_view{"github-models"},
    std::string_view{"fireworks"},
    std::string_view{"cohere"},
    std::string_view{"azure-deployments"},
    std::string_view{"litellm"},
    std::string_view{"vllm"},
    std::string_view{"generic-openai"},
    std::string_view{"llamacpp"},
    std::string_view{"ollama"},
    std::string_view{"lmstudio"},
    std::string_view{"tgi"},
};

}  // namespace

const ProviderPreset* find_provider(std::string_view name) {
  const auto found = std::ranges::find(kPresets, name, &ProviderPreset::name);
  return found == kPresets.end() ? nullptr : &*found;
}

std::span<const std::string_view> later_providers() {
  return std::span{kProviderNames}.subspan(kPresets.size());
}

std::span<const std::string_view> provider_names() {
  return kProviderNames;
}

Reading reading_of(const ProviderPreset& preset) {
  Reading reading;
  reading.shape = {.items = {std::string{preset.items}},
                   .id = std::string{preset.id},
                   .strip_prefix = std::string{preset.strip_prefix},
                   .pagination = {}};
  for (const auto pointer : preset.alias_fields) reading.rules.push_back({Rule::Field, std::string{pointer}});
  return reading;
}

}  // namespace modelvane
