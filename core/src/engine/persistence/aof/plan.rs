//! Plans: file operations in a row whose outcome is one yes or no.
//!
//! Plans run one after the other, in the order in which they were made. After a failure the rest of a plan is left out, except
//! what tidies up. The line for the log comes with the step.

use super::super::file::{FileId, FileOp, Lane};
use super::{ALONE, Engine, shown};
use crate::engine::action::Outcome;
use crate::engine::client::ClientId;

/// One step of a plan.
#[derive(Clone, Debug)]
pub(in super::super) struct Step {
    op: FileOp,
    /// The line for the log if it fails, before the reason; empty: none, and the failure is no failure.
    complaint: String,
    /// It is carried out after a failure, too.
    tidies: bool,
}

impl Step {
    /// A step that has to go well. `complaint`: what is logged before `: ` and the reason if it doesn't.
    pub fn must(op: FileOp, complaint: impl Into<String>) -> Step {
        Step { op, complaint: complaint.into(), tidies: false }
    }

    /// A step that is carried out in any case, and may fail.
    pub fn tidy(op: FileOp) -> Step {
        Step { op, complaint: String::new(), tidies: true }
    }
}

/// What follows: whether all went well.
pub(in super::super) type Then = fn(&mut Engine, bool);

#[derive(Clone, Debug)]
pub(in super::super) struct Plan {
    steps: std::vec::IntoIter<Step>,
    complaint: String,
    failed: bool,
    then: Then,
}

impl Engine {
    /// Carries out steps, after those of earlier plans, and calls `then`.
    pub(in super::super) fn carry_out_plan(&mut self, steps: Vec<Step>, then: Then) {
        let plan = Plan { steps: steps.into_iter(), complaint: String::new(), failed: false, then };
        let aof = &mut self.persistence.aof;
        aof.plans.push_back(plan);
        if !std::mem::replace(&mut aof.plan_runs, true) {
            self.next_step();
        }
    }

    fn next_step(&mut self) {
        while let Some(plan) = self.persistence.aof.plans.front_mut() {
            let failed = plan.failed;
            if let Some(step) = plan.steps.find(|step| !failed || step.tidies) {
                plan.complaint = step.complaint;
                self.ask_on(Lane::Log, ALONE, step.op, step_done);
                return;
            }
            let plan = self.persistence.aof.plans.pop_front().expect("it is the first");
            (plan.then)(self, !failed);
        }
        self.persistence.aof.plan_runs = false;
    }

    /// The steps that put a manifest in the place of the old one. Complaints as in 7.0.15.
    pub(super) fn steps_of_manifest(&mut self, text: Vec<u8>) -> Vec<Step> {
        let name = [&self.config.appendfilename[..], b".manifest"].concat();
        let temporary_name = [b"temp-", &name[..]].concat();
        let (path, temporary) = (self.in_log_folder(&name), self.in_log_folder(&temporary_name));
        let (name, temporary_name) = (shown(&name), shown(&temporary_name));
        let file = self.new_file();
        let folder = self.log_folder();
        vec![
            Step::must(
                FileOp::Create { file, path: temporary.clone() },
                format!("Can't open the AOF manifest file {temporary_name}"),
            ),
            Step::must(
                FileOp::Append { file, bytes: text },
                format!("Error trying to write the temporary AOF manifest file {temporary_name}"),
            ),
            Step::must(FileOp::Sync { file }, format!("Fail to fsync the temp AOF file {temporary_name}")),
            Step::tidy(FileOp::Close { file }),
            Step::must(
                FileOp::Rename { from: temporary, to: path.clone() },
                format!("Error trying to rename the temporary AOF manifest file {temporary_name} into {name}"),
            ),
            Step::must(FileOp::SyncFolder { path: folder }, format!("Fail to fsync AOF directory {}", shown(&path))),
        ]
    }

    /// The steps that leave no manifest: nothing has been in force yet.
    pub(super) fn steps_without_manifest(&mut self) -> Vec<Step> {
        let name = [&self.config.appendfilename[..], b".manifest"].concat();
        let (path, folder) = (self.in_log_folder(&name), self.log_folder());
        let complaint = format!("Fail to fsync AOF directory {}", shown(&folder));
        vec![Step::tidy(FileOp::Remove { path }), Step::must(FileOp::SyncFolder { path: folder }, complaint)]
    }

    /// The steps that create a file, empty, and open it for appending. Durably: what stood under that name must not come back.
    pub(super) fn steps_to_open_new(&mut self, file: FileId, path: &[u8], name: &str) -> [Step; 4] {
        let complaint = format!("Can't open the append-only file {name}");
        let created = self.new_file();
        [
            Step::must(FileOp::Create { file: created, path: path.to_vec() }, complaint.clone()),
            Step::tidy(FileOp::Close { file: created }),
            Step::must(FileOp::OpenAppend { file, path: path.to_vec() }, complaint.clone()),
            Step::must(FileOp::Sync { file }, complaint),
        ]
    }
}

fn step_done(engine: &mut Engine, _: ClientId, outcome: Outcome) {
    if let Outcome::Opened { bytes } = outcome {
        engine.persistence.aof.opened_bytes = bytes;
    }
    let plan = engine.persistence.aof.plans.front_mut().expect("a step belongs to a plan");
    let reason = match outcome {
        Outcome::Failed(reason) | Outcome::Short { reason, .. } => Some(reason),
        _ => None,
    };
    if let Some(reason) = reason.filter(|_| !plan.complaint.is_empty()) {
        plan.failed = true;
        let text = format!("{}: {reason}", plan.complaint);
        engine.warn(text);
    }
    engine.next_step();
}
