//! Who reaches what: everybody the public load balancer, and else each program its callers only.

use std::collections::BTreeSet;

use crate::plan::{Plan, Resource, SERVES};

const INGRESS: &str = "aws_vpc_security_group_ingress_rule";
const PUBLIC_PORTS: [u64; 2] = [80, 443];

/// Every rule that lets in somebody it should not, and every caller that has none.
#[must_use]
pub fn check(plan: &Plan) -> Vec<String> {
    let mut broken: Vec<String> = plan.of(INGRESS).filter_map(|rule| too_open(&rule)).collect();
    // Rules in the group itself, or of the older kind, are not looked at above, so there are none.
    let inline =
        |group: &Resource<'_>| group.after["ingress"].as_array().is_some_and(|rules| !rules.is_empty());
    let groups = plan.of("aws_security_group").chain(plan.of("aws_default_security_group")).filter(inline);
    let older = plan.of("aws_security_group_rule").filter(|rule| rule.after["type"] == "ingress");
    broken.extend(
        groups.chain(older).map(|found| format!("{} lets in by other means than {INGRESS}", found.address)),
    );
    broken.extend(callers(plan));
    broken
}

fn too_open(rule: &Resource<'_>) -> Option<String> {
    let Resource { address, after, .. } = rule;
    let range = ["cidr_ipv4", "cidr_ipv6", "prefix_list_id"].iter().find(|name| !after[**name].is_null())?;
    let port = after["from_port"].as_u64().filter(|port| after["to_port"].as_u64() == Some(*port));
    let is_public = address.contains(&format!("{INGRESS}.public["));
    if is_public && after["ip_protocol"] == "tcp" && port.is_some_and(|port| PUBLIC_PORTS.contains(&port)) {
        return None;
    }
    Some(format!("{address} lets in {}: a caller is named by its security group", after[*range]))
}

/// Who is let in to a service in a container is who has its address. A service on Lambda is behind the internal load
/// balancer, which lets in whoever calls one of those.
fn callers(plan: &Plan) -> Vec<String> {
    let mut expected = BTreeSet::new();
    let programs = plan.programs();
    for caller in programs.iter().filter(|program| program.role == SERVES) {
        for called in programs.iter().filter(|program| program.role == SERVES) {
            let variable = format!("{}_SERVICE_URL", called.name.to_uppercase());
            if caller.names.contains(&variable) {
                let on_lambda = plan.shop()["services"][&called.name]["runtime"] == "lambda";
                expected.insert(if on_lambda {
                    format!("function_call[\"{}\"]", caller.name)
                } else {
                    format!("call[\"{}-to-{}\"]", caller.name, called.name)
                });
            }
        }
    }
    let found: BTreeSet<String> = plan
        .of(INGRESS)
        .filter_map(|rule| rule.address.split_once(&format!("{INGRESS}.")).map(|(_, name)| name.to_owned()))
        .filter(|name| name.starts_with("call[") || name.starts_with("function_call["))
        .collect();
    let uncalled =
        found.difference(&expected).map(|name| format!("{INGRESS}.{name} lets in who has no address for it"));
    let shut = expected
        .difference(&found)
        .map(|name| format!("{INGRESS}.{name} is missing: the caller has the address"));
    uncalled.chain(shut).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::tests::{plan, with_programs};

    fn rule(port: u64, range: &str) -> Value {
        json!({ "ip_protocol": "tcp", "from_port": port, "to_port": port, "cidr_ipv4": range })
    }

    #[test]
    fn only_the_public_load_balancer_is_open_and_only_for_the_web() {
        let broken = |name: &str, rule| check(&plan(&[(INGRESS, name, rule)])).len();
        assert_eq!(broken("public[\"https\"]", rule(443, "0.0.0.0/0")), 0);
        assert_eq!(broken("public[\"ssh\"]", rule(22, "0.0.0.0/0")), 1);
        assert_eq!(broken("database[\"order\"]", rule(443, "0.0.0.0/0")), 1);
        assert_eq!(broken("database[\"order\"]", rule(5432, "10.0.0.0/8")), 1);
        assert_eq!(broken("database[\"order\"]", json!({ "from_port": 5432, "to_port": 5432 })), 0);
        let wide = json!({ "ip_protocol": "tcp", "from_port": 80, "to_port": 443, "cidr_ipv6": "::/0" });
        assert_eq!(broken("public[\"all\"]", wide), 1);
    }

    #[test]
    fn rules_elsewhere_are_found() {
        let inline = json!({ "ingress": [{ "from_port": 80 }] });
        assert_eq!(check(&plan(&[("aws_security_group", "web", inline)])).len(), 1);
        assert_eq!(
            check(&plan(&[("aws_security_group_rule", "web", json!({ "type": "ingress" }))])).len(),
            1
        );
        assert_eq!(check(&plan(&[("aws_security_group", "web", json!({ "ingress": [] }))])).len(), 0);
    }

    #[test]
    fn a_caller_without_a_way_in_and_a_way_in_without_a_caller_are_found() {
        let programs = json!({
            "order": { "service": "order", "role": "all", "names": ["USER_SERVICE_URL"] },
            "user": { "service": "user", "role": "all", "names": [] },
        });
        let opened = |name| check(&with_programs(&[(INGRESS, name, json!({}))], &programs));
        assert_eq!(opened("call[\"order-to-user\"]"), Vec::<String>::new());
        assert_eq!(opened("call[\"user-to-order\"]").len(), 2);
    }
}
