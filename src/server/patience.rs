//! Waiting for requests without blocking a thread, on whatever runtime the test has.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use super::runtime;
use crate::emulator::Emulator;
use crate::settings::MAX_WAIT;

/// Returns as soon as `is_enough`, which is asked again for each recorded request, or when the time is over.
///
/// The clock runs on the runtime of the servers: the test's own need not have one.
pub(super) async fn wait_until(
    emulator: &Emulator,
    patience: Duration,
    is_enough: impl Fn() -> bool + Send + Sync,
) {
    let Ok(runtime) = runtime::handle() else {
        return;
    };
    let mut alarm = runtime.spawn(async move { tokio::time::sleep(patience.min(MAX_WAIT)).await });
    loop {
        // Made before the question, so that nothing recorded in between is missed.
        let mut recorded = pin!(emulator.next_recorded());
        if is_enough() {
            break;
        }
        let is_over = poll_fn(|cx| {
            if Pin::new(&mut alarm).poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            recorded.as_mut().poll(cx).map(|()| false)
        });
        if is_over.await {
            return;
        }
    }
    alarm.abort();
}
