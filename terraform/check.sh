#!/usr/bin/env bash
# `make terraform-check`, with the folder of the built programs: format, validation, module tests, a plan of each environment and checkov, without network or account.
# Everything runs in a copy under .work/terraform, so that no .terraform folder appears in the tree.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
work=$root/.work/terraform
tree=$work/tree/terraform
# At least so many asserts stand in the tests; fewer would mean that some were lost.
least_asserts=70

fail() { echo "terraform-check: $*" >&2; exit 1; }

command -v terraform >/dev/null || fail "terraform is missing: install Terraform 1.11 or later (developer.hashicorp.com/terraform)."
command -v python3 >/dev/null || fail "python3 is missing: checkov runs in it. On Debian: apt-get install python3 python3-venv"

mkdir -p "$work/plugins" "$work/log"
mirror=/opt/tf-plugins
{
  echo "plugin_cache_dir = \"$work/plugins\""
  if [ -d "$mirror" ]; then
    printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' "$mirror"
  else
    printf 'provider_installation {\n  direct {}\n}\n'
  fi
} > "$work/cli.tfrc"
export TF_CLI_CONFIG_FILE=$work/cli.tfrc TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1
# Made up: nothing asks AWS. A profile of the shell must not get in.
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_EC2_METADATA_DISABLED=true
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL

passed=0
# step NAME COMMAND…: one line with its time; the output is shown when it fails.
step() {
  local name=$1 log started=$SECONDS
  shift
  log=$work/log/${name//[\/ ]/-}.log
  if "$@" > "$log" 2>&1; then
    printf '  %-44s %4d s\n' "$name" $((SECONDS - started))
    passed=$((passed + 1))
  else
    tail -n 80 "$log" >&2
    fail "$name failed; all of its output is in ${log#"$root"/}"
  fi
}

in_folder() { local folder=$1; shift; (cd "$folder" && "$@"); }

test_module() {
  in_folder "$1" terraform init -no-color -backend=false && in_folder "$1" terraform test -no-color
}

# The backend is replaced: a plan without one is refused.
check_root() {
  printf 'terraform {\n  backend "local" {}\n}\n' > "$1/backend_override.tf"
  in_folder "$1" terraform init -no-color -lockfile=readonly &&
    in_folder "$1" terraform validate -no-color
}

plan_root() {
  in_folder "$1" terraform plan -no-color -refresh=false -var-file=check.tfvars -out=check.plan &&
    in_folder "$1" terraform show -json check.plan > "$1/plan.json"
}

# Its provider is an administrator's, and asks AWS for the account; here nobody answers.
plan_bootstrap() {
  printf 'provider "aws" {\n  allowed_account_ids = null\n%s\n}\n' "$(
    printf '  skip_%s = true\n' credentials_validation metadata_api_check region_validation requesting_account_id
  )" > "$1/provider_override.tf"
  in_folder "$1" terraform plan -no-color -refresh=false -out=check.plan \
    -var shop=acme -var account_id=123456789012 -var region=eu-central-1 -var repository=acme/shop &&
    in_folder "$1" terraform show -json check.plan > "$1/plan.json" &&
    rm "$1/provider_override.tf"
}

install_checkov() {
  [ -f "$root/.work/checkov/installed-3.3.30" ] && return
  python3 -m venv --clear "$root/.work/checkov" &&
    "$root/.work/checkov/bin/python" -m pip install --quiet --disable-pip-version-check checkov==3.3.30 &&
    touch "$root/.work/checkov/installed-3.3.30"
}

checkov() {
  "$root/.work/checkov/bin/checkov" --directory terraform --framework terraform --skip-download --compact --quiet
}

# A waiver without a reason is as good as none.
waivers() {
  ! grep -rnE 'checkov:skip=[A-Z0-9_]+(:.{0,10})?$' --include='*.tf' terraform
}

echo "terraform-check ($(terraform version | head -n 1)):"
step "format" terraform fmt -check -recursive -diff terraform
rm -rf "$work/tree"
mkdir -p "$work/tree/shared"
cp -r terraform "$work/tree/"
cp -r shared/contracts "$work/tree/shared/"

for folder in "$tree"/environments/* "$tree"/bootstrap; do
  [ -d "$folder" ] || continue
  step "validate ${folder#"$tree"/}" check_root "$folder"
  [ ! -f "$folder/check.tfvars" ] || step "plan ${folder#"$tree"/}" plan_root "$folder"
done
step "plan bootstrap" plan_bootstrap "$tree/bootstrap"
for folder in "$tree"/modules/* "$tree"/bootstrap; do
  ls "$folder"/tests/*.tftest.hcl >/dev/null 2>&1 || continue
  step "test ${folder#"$tree"/}" test_module "$folder"
done
asserts=$(cat "$tree"/modules/*/tests/*.tftest.hcl "$tree"/bootstrap/tests/*.tftest.hcl 2>/dev/null | grep -cE '^ *(assert \{|expect_failures)' || true)
[ "$asserts" -ge "$least_asserts" ] || fail "the tests hold $asserts asserts, fewer than $least_asserts"

programs=${1:?the folder of the built programs}
plans=()
for plan in "$tree"/environments/*/plan.json "$tree"/bootstrap/plan.json; do
  plans+=("$(basename "$(dirname "$plan")")=$plan")
done
step "plans against the code" "$programs/deployment" plans --programs "$programs" --example .env.example "${plans[@]}"
step "install checkov" install_checkov
step "checkov" checkov
step "waivers have reasons" waivers
echo "  $asserts asserts"
echo "$passed passed, 0 failed"
