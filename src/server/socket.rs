//! The sockets of the server and of the recorder; nothing else in the library knows what a stream runs on, but for the
//! client of the recorder, which makes its own.
//!
//! A stream is plain TCP today. TLS and Unix sockets are to be further variants of [`Stream`], accepted by the same
//! [`Acceptor`], so that neither connections nor scripted deliveries have to know of them.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// Connections that may wait to be accepted; where more come at once, their clients try again after a second.
const BACKLOG: u32 = 4096;

/// A connection to a peer, as bytes in both directions.
#[derive(Debug)]
pub(crate) enum Stream {
    /// TCP, without encryption.
    Plain(TcpStream),
}

impl Stream {
    /// Connects to the first address of `host` that answers.
    pub(crate) async fn connect(host: &str, port: u16) -> io::Result<Self> {
        Ok(Stream::plain(TcpStream::connect((host, port)).await?))
    }

    fn plain(stream: TcpStream) -> Self {
        // Without it a message may wait for the acknowledgement of the one before; where it cannot be set, it only is
        // slower.
        let _ = stream.set_nodelay(true);
        Stream::Plain(stream)
    }

    /// Makes the next close a reset.
    pub(super) fn reset_on_close(&self) -> io::Result<()> {
        match self {
            // Without unsent bytes a reset follows only if lingering is off.
            Stream::Plain(stream) => stream.set_zero_linger(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Stream::Plain(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// A port that takes connections.
#[derive(Debug)]
pub(super) struct Acceptor(TcpListener);

impl Acceptor {
    /// Opens the port; it must be called within a runtime.
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // A port just closed can be opened again; elsewhere the option would let two servers share one.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Acceptor(socket.listen(BACKLOG)?))
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Takes the next connection, with the address of its peer.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, IpAddr)>> {
        let (stream, peer) = ready!(self.0.poll_accept(cx))?;
        Poll::Ready(Ok((Stream::plain(stream), peer.ip())))
    }
}
