//! INFO against the field names of 7.0.15, recorded with
//! `redis-cli info everything | sed 's/:.*//'`, and the sections that each request shows.

use super::*;
use crate::commands::OwnedArgs;
use crate::config::Config;
use crate::engine::client::Peer;
use crate::resp::Protocol;
use crate::time::Now;

fn server() -> (Engine, ClientId) {
    let mut engine = Engine::new(Config::default(), 1, Now::default());
    let client = engine.connect(Peer { loopback: true, ..Peer::default() }, Now::default()).expect("there is room");
    (engine, client)
}

fn call(engine: &mut Engine, client: ClientId, args: &[&str]) -> String {
    let now = engine.now;
    let reply = engine.run_command(client, OwnedArgs::from_iter(args).as_args(), now);
    String::from_utf8(reply).expect("INFO is text here")
}

/// The text of INFO, without the reply's frame.
fn info_of(engine: &mut Engine, client: ClientId, sections: &[&str]) -> String {
    let args: Vec<&str> = std::iter::once("INFO").chain(sections.iter().copied()).collect();
    let reply = call(engine, client, &args);
    let (header, text) = reply.split_once("\r\n").expect("a bulk string");
    assert_eq!(header, format!("${}", text.len() - 2));
    text[..text.len() - 2].to_owned()
}

fn titles(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_prefix("# ")).collect()
}

fn value<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("the field is there")
}

#[test]
fn every_field_of_the_real_server_is_there_in_its_order() {
    let (mut engine, client) = server();
    let text = info_of(&mut engine, client, &["everything"]);
    let varying = ["cmdstat_", "errorstat_", "latency_percentiles_", "db"];
    let names: Vec<&str> = text
        .lines()
        .filter(|line| !line.is_empty() && !varying.iter().any(|prefix| line.starts_with(prefix)))
        .map(|line| line.split(':').next().expect("split yields one part at least"))
        .filter(|name| *name != "etalon_version")
        .collect();
    let recorded: Vec<&str> = include_str!("../../../../tests/data/info_fields.txt").lines().collect();
    assert_eq!(names, recorded);
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("# ")) {
        let (name, value) = line.split_once(':').expect("a field has a value");
        let may_be_empty = ["os", "executable", "config_file"];
        assert!(!value.is_empty() || may_be_empty.contains(&name), "{name}");
    }
}

#[test]
fn sections_are_chosen_by_name_in_any_case_and_come_in_their_own_order() {
    let (mut engine, client) = server();
    let mut shown = |sections: &[&str]| {
        let text = info_of(&mut engine, client, sections);
        titles(&text).join(" ")
    };
    let default =
        "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace".to_owned();
    let all = "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats \
               Cluster Keyspace";
    assert_eq!(shown(&[]), default);
    assert_eq!(shown(&["default"]), default);
    assert_eq!(shown(&["ALL"]), all);
    assert_eq!(shown(&["everything", "cpu"]), all);
    assert_eq!(shown(&["default", "latencystats"]).split(' ').count(), 12);
    assert_eq!(shown(&["Keyspace", "CPU", "nosuch", "cpu"]), "CPU Keyspace");
    assert_eq!(shown(&["nosuch"]), "");
}

#[test]
fn the_text_is_verbatim_in_resp3_and_sections_are_set_apart() {
    let (mut engine, client) = server();
    engine.set_protocol(client, Protocol::Resp3);
    assert_eq!(call(&mut engine, client, &["INFO", "nosuch"]), "=4\r\ntxt:\r\n");
    let text = "txt:# Modules\r\n\r\n# Cluster\r\ncluster_enabled:0\r\n";
    assert_eq!(call(&mut engine, client, &["INFO", "cluster", "modules"]), format!("={}\r\n{text}\r\n", text.len()));
}

#[test]
fn calls_errors_and_durations_are_counted_until_a_reset() {
    let (mut engine, client) = server();
    call(&mut engine, client, &["COMMAND", "COUNT"]);
    call(&mut engine, client, &["COMMAND", "LIST", "x"]);
    call(&mut engine, client, &["COMMAND", "COUNT", "x"]);
    let text = info_of(&mut engine, client, &["all"]);
    let idle = "usec=0,usec_per_call=0.00";
    assert_eq!(value(&text, "cmdstat_command|count"), format!("calls=1,{idle},rejected_calls=1,failed_calls=0"));
    assert_eq!(value(&text, "cmdstat_command|list"), format!("calls=1,{idle},rejected_calls=0,failed_calls=1"));
    assert_eq!(value(&text, "errorstat_ERR"), "count=2");
    assert_eq!(value(&text, "total_error_replies"), "2");
    assert_eq!(value(&text, "total_commands_processed"), "2");
    assert_eq!(value(&text, "latency_percentiles_usec_command|count"), "p50=0.001,p99=0.001,p99.9=0.001");
    call(&mut engine, client, &["CONFIG", "RESETSTAT"]);
    let text = info_of(&mut engine, client, &["all"]);
    assert_eq!(value(&text, "total_error_replies"), "0");
    assert!(!text.contains("errorstat_"));
    assert!(!text.contains("cmdstat_command"));
    assert!(!text.contains("latency_percentiles_usec_command"));
}

#[test]
fn sizes_are_said_as_a_person_would() {
    for (bytes, text) in [
        (0, "0B"),
        (1023, "1023B"),
        (1024, "1.00K"),
        (916_336, "894.86K"),
        (12_083_200, "11.52M"),
        (25_276_510_208, "23.54G"),
        (1 << 40, "1.00T"),
        (1 << 50, "1.00P"),
    ] {
        assert_eq!(Human(bytes).to_string(), text);
    }
}
