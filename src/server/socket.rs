//! The sockets of the server and of the recorder; nothing else in the library knows what a stream runs on, but for the
//! client of the recorder, which makes its own.
//!
//! A stream is plain TCP, a Unix socket, or TLS over either; neither connections nor scripted deliveries know which.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};
use tokio::runtime::Handle;
#[cfg(feature = "tls")]
use tokio_rustls::server::TlsStream;

use crate::settings::Listen;

/// Connections that may wait to be accepted; where more come at once, their clients try again after a second.
const BACKLOG: u32 = 4096;

/// A connection to a peer, as bytes in both directions.
#[derive(Debug)]
pub(crate) enum Stream {
    /// TCP, without encryption.
    Plain(TcpStream),
    /// A process of this machine.
    #[cfg(unix)]
    Unix(UnixStream),
    /// TLS, of which this is the server's side.
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream<Stream>>),
}

/// Does the same with whatever the stream runs on.
macro_rules! on_any {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream {
            Stream::Plain($inner) => $call,
            #[cfg(unix)]
            Stream::Unix($inner) => $call,
            #[cfg(feature = "tls")]
            Stream::Tls($inner) => $call,
        }
    };
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

    /// The same stream, watched by another runtime.
    pub(super) fn moved_to(self, runtime: &Handle) -> io::Result<Self> {
        let _entered = runtime.enter();
        Ok(match self {
            Stream::Plain(stream) => Stream::Plain(TcpStream::from_std(stream.into_std()?)?),
            #[cfg(unix)]
            Stream::Unix(stream) => Stream::Unix(UnixStream::from_std(stream.into_std()?)?),
            // TLS begins later, where the connection is served.
            #[cfg(feature = "tls")]
            stream @ Stream::Tls(_) => stream,
        })
    }

    /// Makes the next close a reset; a Unix socket has none, and closes.
    pub(super) fn reset_on_close(&self) -> io::Result<()> {
        match self {
            // Without unsent bytes a reset follows only if lingering is off.
            Stream::Plain(stream) => stream.set_zero_linger(),
            #[cfg(unix)]
            Stream::Unix(_) => Ok(()),
            #[cfg(feature = "tls")]
            Stream::Tls(stream) => stream.get_ref().0.reset_on_close(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        on_any!(self.get_mut(), stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        on_any!(self.get_mut(), stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_any!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        on_any!(self, stream => stream.is_write_vectored())
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_any!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_any!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }
}

/// A place that takes connections.
#[derive(Debug)]
pub(super) enum Acceptor {
    Tcp(TcpListener),
    /// Boxed, for most servers have a port.
    #[cfg(unix)]
    Unix(UnixListener, Box<unix::SocketFile>),
}

impl Acceptor {
    /// Opens the port or the socket; it must be called within a runtime.
    pub(super) fn bind(place: &Listen) -> io::Result<Self> {
        match place {
            Listen::Tcp(address) => Ok(Acceptor::Tcp(bind_tcp(*address)?)),
            #[cfg(unix)]
            Listen::Unix(path) => {
                let (listener, file) = unix::bind(path)?;
                Ok(Acceptor::Unix(listener, file.into()))
            }
        }
    }

    /// The place, with the port that was taken.
    pub(super) fn place(&self) -> io::Result<Listen> {
        match self {
            Acceptor::Tcp(listener) => listener.local_addr().map(Listen::Tcp),
            #[cfg(unix)]
            Acceptor::Unix(_, file) => Ok(Listen::Unix(file.path.clone())),
        }
    }

    /// Takes the next connection, with the address of its peer; that of a Unix socket is this machine.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Stream, IpAddr)>> {
        Poll::Ready(Ok(match self {
            Acceptor::Tcp(listener) => {
                let (stream, peer) = ready!(listener.poll_accept(cx))?;
                (Stream::plain(stream), peer.ip())
            }
            #[cfg(unix)]
            Acceptor::Unix(listener, _) => {
                let (stream, _) = ready!(listener.poll_accept(cx))?;
                (Stream::Unix(stream), std::net::Ipv4Addr::LOCALHOST.into())
            }
        }))
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A port just closed can be opened again; elsewhere the option would let two servers share one.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The file of a Unix socket.
#[cfg(unix)]
mod unix {
    use std::fs::{self, Metadata, Permissions};
    use std::io;
    use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
    use std::os::unix::net::UnixStream;
    use std::path::{Path, PathBuf};

    use tokio::net::UnixListener;

    use crate::settings::check_socket_path;

    /// Removes the file when it is dropped, unless another server's has taken its place.
    #[derive(Debug)]
    pub(in crate::server) struct SocketFile {
        pub(super) path: PathBuf,
        identity: (u64, u64),
    }

    /// Opens the socket for this user only; a file that a killed server has left behind is removed.
    pub(super) fn bind(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
        check_socket_path(path)
            .map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        remove_stale(path)?;
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(0o600))?;
        let file = SocketFile {
            path: path.to_owned(),
            identity: identity(&fs::symlink_metadata(path)?),
        };
        Ok((listener, file))
    }

    fn identity(file: &Metadata) -> (u64, u64) {
        (file.dev(), file.ino())
    }

    fn remove_stale(path: &Path) -> io::Result<()> {
        let found = fs::symlink_metadata(path);
        let is_socket = found
            .as_ref()
            .is_ok_and(|file| file.file_type().is_socket());
        if found.is_ok() && !is_socket {
            let reason = "what is there is no socket, and stays as it is";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, reason));
        }
        let is_refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        if is_socket && UnixStream::connect(path).is_err_and(is_refused) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    impl Drop for SocketFile {
        fn drop(&mut self) {
            let found = fs::symlink_metadata(&self.path);
            if found.is_ok_and(|found| identity(&found) == self.identity) {
                // A file that stays behind is found to be stale by the next server.
                let _ = fs::remove_file(&self.path);
            }
        }
    }
}
