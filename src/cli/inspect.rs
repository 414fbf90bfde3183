//! `catchment inspect`: what was typed, handed to an inspector, and what came of it.
//!
//! Must never: ask a live system itself.

use super::Exit;
use super::args::InspectAws;
use super::run::Refusal;

/// `inspect kafka`: not in this version, and not pretended.
pub(super) fn kafka() -> Refusal {
    let why = if cfg!(feature = "kafka") {
        "this version has no live inspector for it yet"
    } else {
        "this build lacks the feature `kafka`, which has no live inspector yet"
    };
    Refusal(format!(
        "cannot inspect kafka: {why}; export the answers to files and give their directory as \
         CAPTURE (README, section \"What to collect\")"
    ))
}

/// `inspect aws`, in a build without it.
#[cfg(not(feature = "aws"))]
pub(super) fn aws(_: &InspectAws) -> Result<Exit, Refusal> {
    Err(Refusal(
        "cannot inspect aws: this build lacks the feature `aws`; build it without \
         `--no-default-features` (`cargo run -- inspect aws ...`), or export the answers to files \
         (README, section \"What to collect\")"
            .to_owned(),
    ))
}

/// `inspect aws`.
#[cfg(feature = "aws")]
pub(super) fn aws(how: &InspectAws) -> Result<Exit, Refusal> {
    use super::output;
    use crate::inspect::aws;

    if how.print_policy {
        output::raw(&aws::policy())?;
        return Ok(Exit::Done);
    }
    let Some(folder) = &how.output else {
        return Err(Refusal(
            "give a folder for the capture with `-o`".to_owned(),
        ));
    };
    let names = how
        .assume_role
        .iter()
        .filter(|role| !role.starts_with("arn:"));
    if names.count() > 1 {
        return Err(Refusal(
            "give one name of a role at most with `--assume-role`, and ARNs for the others"
                .to_owned(),
        ));
    }
    let options = aws::Options {
        output: folder.clone(),
        profile: how.profile.clone(),
        regions: how.region.clone(),
        roles: how.assume_role.clone(),
        external_id: how.external_id.clone(),
        endpoint: how.endpoint_url.clone(),
        concurrency: usize::from(how.concurrency),
        attempts: how.attempts,
        resume: how.resume,
    };
    let summary = aws::run(&options)?;
    for remark in &summary.remarks {
        output::complain(&format!("note: {remark}"));
    }
    for (account, outcomes) in &summary.accounts {
        let calls: usize = outcomes.values().sum();
        let outcomes: Vec<String> = outcomes
            .iter()
            .map(|(outcome, count)| format!("{count} {}", outcome.name()))
            .collect();
        output::complain(&format!(
            "{account}: {calls} calls: {}",
            outcomes.join(", ")
        ));
    }
    if summary.kept > 0 {
        output::complain(&format!("{} of them were there already", summary.kept));
    }
    output::complain(&format!("next: catchment map {}", folder.display()));
    Ok(if how.strict && summary.has_gaps() {
        Exit::Gaps
    } else {
        Exit::Done
    })
}
