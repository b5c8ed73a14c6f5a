//! The data on disk: saved, killed, started again; and what the log says of it.

mod harness;

use harness::{Folder, Server, free_port, wait_until};

/// Kills the server and starts another on its folder.
fn killed_and_started_again(server: Server, arguments: &[&str]) -> Server {
    Server::start_in(server.into_folder(), arguments)
}

#[test]
fn what_was_saved_is_there_after_a_kill() {
    let server = Server::start_in(Folder::new(), &[]);
    let mut client = server.client();
    client.ask("DEBUG POPULATE 20000");
    client.ask("RPUSH list a b c");
    assert_eq!(client.ask("SAVE"), "OK");
    client.ask("SET lost 1");
    let digest_with_lost = client.ask("DEBUG DIGEST");
    client.ask("DEL lost");
    let digest = client.ask("DEBUG DIGEST");
    let server = killed_and_started_again(server, &[]);
    server.wait_for_log("DB loaded from disk: ");
    let mut client = server.client();
    assert_eq!(client.ask("DBSIZE"), "20001");
    assert_eq!(client.ask("DEBUG DIGEST"), digest);
    assert_ne!(digest, digest_with_lost);
}

#[test]
fn a_save_in_the_background_lets_clients_work_and_leaves_one_file() {
    let server = Server::start_in(Folder::new(), &["--save", "3600 1"]);
    let mut client = server.client();
    client.ask("DEBUG POPULATE 300000");
    assert_eq!(client.ask("BGSAVE"), "Background saving started");
    assert_eq!(client.ask("SET during 1"), "OK");
    server.wait_for_log("Background saving terminated with success");
    let files: Vec<_> = std::fs::read_dir(&server.folder.0).expect("a folder").flatten().collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let server = killed_and_started_again(server, &[]);
    let mut client = server.client();
    assert_eq!(client.ask("DBSIZE"), "300000");
    assert_eq!(client.ask("EXISTS during"), "0");
}

#[test]
fn a_signal_saves_under_save_points_and_not_without() {
    for (save, expected) in [("3600 1", "1"), ("", "0")] {
        let mut server = Server::start_in(Folder::new(), &["--save", save]);
        server.client().ask("SET k v");
        assert_eq!(server.terminate(), 0);
        let server = killed_and_started_again(server, &[]);
        assert_eq!(server.client().ask("DBSIZE"), expected, "save {save:?}");
    }
}

#[test]
fn a_file_that_can_not_be_written_fails_the_save_and_the_shutdown() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.0.join("dump.rdb").join("in-the-way")).expect("a folder");
    let port = free_port().to_string();
    // A folder of that name can't be loaded either: it gets there later.
    std::fs::rename(folder.0.join("dump.rdb"), folder.0.join("later")).expect("renamed");
    let mut server =
        Server::start_exactly(port.parse().expect("a port"), folder, &["--port", &port, "--bind", "127.0.0.1"]);
    std::fs::rename(server.folder.0.join("later"), server.folder.0.join("dump.rdb")).expect("renamed");
    let mut client = server.client();
    assert_eq!(client.ask("SAVE"), "-ERR");
    server.wait_for_log("Error moving temp DB file temp-");
    assert_eq!(client.ask("SHUTDOWN"), "-ERR Errors trying to SHUTDOWN. Check logs.");
    client.ask("BGSAVE");
    server.wait_for_log("Background saving error");
    wait_until("writes are refused", || client.ask("SET k v").starts_with("-MISCONF"));
    let left: Vec<_> = std::fs::read_dir(&server.folder.0).expect("a folder").flatten().collect();
    assert_eq!(left.len(), 1, "no temporary file is left: {left:?}");
    client.send(b"SHUTDOWN NOSAVE\r\n");
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn a_damaged_file_keeps_the_server_from_starting() {
    let folder = Folder::new();
    std::fs::write(folder.0.join("dump.rdb"), b"REDIS0010\xfa\x03abc").expect("a file");
    let path = folder.0.to_str().expect("text").to_string();
    let port = free_port().to_string();
    let (code, out, _) = harness::run(&["--port", &port, "--bind", "127.0.0.1", "--dir", &path], "");
    assert_eq!(code, 1);
    assert!(out.contains("Unexpected end of the file (file ") && out.contains("dump.rdb, offset "), "{out}");
    assert!(out.contains("Fatal error loading the DB: Invalid argument. Exiting."), "{out}");
}
