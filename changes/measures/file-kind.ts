import { directoryOf } from './path-parts';

/** What a file is for, as far as its path tells. */
export const FileKind = {
  Code: 'code',
  Test: 'test',
  Migration: 'migration',
  Dependencies: 'dependencies',
  Configuration: 'configuration',
  Infrastructure: 'infrastructure',
  Documentation: 'documentation',
  Other: 'other',
} as const;
/** One of the kinds. */
export type FileKind = (typeof FileKind)[keyof typeof FileKind];

/** Manifests and lock files of the common package managers. */
const DEPENDENCY_FILES =
  /^(package(-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|go\.(mod|sum)|cargo\.(toml|lock)|pom\.xml|build\.gradle(\.kts)?|gradle\.lockfile|libs\.versions\.toml|requirements([-_.].*)?\.txt|constraints\.txt|pipfile(\.lock)?|poetry\.lock|uv\.lock|pyproject\.toml|setup\.(py|cfg)|gemfile(\.lock)?|.*\.gemspec|composer\.(json|lock)|mix\.(exs|lock)|.*\.csproj|packages\.(config|lock\.json)|directory\.packages\.props|podfile(\.lock)?|package\.(swift|resolved)|conanfile\.(txt|py)|vcpkg\.json|environment\.ya?ml|flake\.lock|build\.sbt|rebar\.(config|lock)|\.gitmodules)$/i;
const MIGRATION_FOLDER = /(^|\/)(db\/)?(migrations?|migrate|flyway|liquibase|alembic|changelogs?)(\/|$)/i;
const MIGRATION_FILE =
  /^(v\d[\w.]*__.*\.sql|\d{8,14}[-_].*\.(sql|rb|py|js|ts|php|go)|schema\.(sql|rb|prisma)|structure\.sql)$/i;
const TEST_FOLDER = /(^|\/)(tests?|__tests__|specs?|testing|testdata|fixtures|e2e)(\/|$)/i;
const TEST_FILE = /([._-](test|tests|spec)\.[^.]+|_test\.[^.]+|^test_.*)$/i;
const CAMEL_TEST_FILE = /(Test|Tests|IT|Spec)\.(java|kt|cs|scala|groovy|swift|php)$/;
const INFRASTRUCTURE_FILE =
  /^(dockerfile(\..*)?|.*\.dockerfile|docker-compose.*\.ya?ml|compose\.ya?ml|.*\.(tf|tfvars|hcl|bicep|nomad)|jenkinsfile|\.gitlab-ci\.yml|chart\.ya?ml|kustomization\.ya?ml|makefile|procfile|vagrantfile)$/i;
const INFRASTRUCTURE_FOLDER =
  /(^|\/)(\.github|\.circleci|k8s|kubernetes|helm|charts|terraform|ansible|deploy|infra|infrastructure)(\/|$)/i;
const DOCUMENTATION =
  /^(readme|changelog|contributing|licen[cs]e|notice|authors|copying|security|code_of_conduct)(\..*)?$|\.(md|mdx|rst|adoc|txt|tex)$/i;
const DOCUMENTATION_FOLDER = /(^|\/)(docs?|documentation)(\/|$)/i;
const CONFIGURATION =
  /(^\.env.*|^\.[\w-]+rc(\..*)?|\.(ya?ml|json5?|toml|ini|cfg|conf|config|properties|env|plist|editorconfig))$/i;
const CODE =
  /\.(ts|tsx|mts|cts|js|jsx|mjs|cjs|vue|svelte|py|pyx|rb|java|kt|kts|scala|groovy|clj|cljs|go|rs|c|cc|cpp|cxx|h|hh|hpp|m|mm|cs|fs|vb|swift|php|pl|pm|lua|r|jl|ex|exs|erl|hs|ml|mli|dart|sh|bash|zsh|ps1|sql|graphql|proto|thrift|html?|css|s[ac]ss|less|xml|zig|nim|asm|s)$/i;

/**
 * Tells what a file is for by the habits of the common ecosystems; the first habit that fits decides, from the one that
 * says most about risk to the one that says least. A guess by name: a project with other habits gets `code` and
 * `other`.
 */
export function fileKind(path: string): FileKind {
  const folder = directoryOf(path);
  const name = path.slice(folder === '' ? 0 : folder.length + 1);
  if (TEST_FOLDER.test(folder) || TEST_FILE.test(name) || CAMEL_TEST_FILE.test(name)) return FileKind.Test;
  if (DEPENDENCY_FILES.test(name)) return FileKind.Dependencies;
  if (MIGRATION_FILE.test(name) || (MIGRATION_FOLDER.test(folder) && CODE.test(name))) return FileKind.Migration;
  if (DOCUMENTATION.test(name)) return FileKind.Documentation;
  if (INFRASTRUCTURE_FILE.test(name) || (INFRASTRUCTURE_FOLDER.test(folder) && CONFIGURATION.test(name))) {
    return FileKind.Infrastructure;
  }
  if (DOCUMENTATION_FOLDER.test(folder) && !CODE.test(name)) return FileKind.Documentation;
  if (CONFIGURATION.test(name)) return FileKind.Configuration;
  return CODE.test(name) ? FileKind.Code : FileKind.Other;
}
