//! The providers: what each wants to be asked, as data.

use serde::Serialize;
use utoipa::ToSchema;

use crate::config::{Client, Credential};

/// How the challenge of PKCE is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Challenge {
    /// As RFC 7636 has it.
    Base64Url,
    Hex,
}

/// How an access token is renewed before it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Renewal {
    /// By a refresh token (RFC 6749, 6).
    RefreshToken,
    /// By itself, at this address, as Instagram does it. Before that, the token for the code is exchanged once at
    /// `exchange` for one that lasts.
    Itself { exchange: String, renew: String },
}

/// How a client proves itself at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// `Authorization: Basic`.
    Basic,
    /// In the form.
    Form,
}

/// Where a provider is asked.
#[derive(Clone, Debug)]
pub(super) struct Endpoints {
    pub(super) authorization: String,
    pub(super) token: String,
    pub(super) revocation: Option<String>,
    /// Tells the account of an access token.
    pub(super) account: Option<String>,
    /// The keys of ID tokens; none: the provider has none.
    pub(super) jwks: Option<String>,
    /// Whether answers at the callback name the issuer (RFC 9207).
    pub(super) names_issuer: bool,
    pub(super) proof: Proof,
}

/// Where the endpoints are known from.
#[derive(Clone, Debug)]
pub(super) enum Known {
    /// From the provider's document (OpenID Connect Discovery 1.0), under its issuer.
    Discovered { issuer: String },
    /// From its documentation.
    Documented(Endpoints),
}

/// A provider with our credentials there.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    pub(super) name: &'static str,
    pub(super) known: Known,
    pub(super) client_id: String,
    pub(super) credential: Credential,
    /// What the client identifier is called.
    pub(super) client_id_name: &'static str,
    /// What is asked for to sign in; nothing: it cannot be signed in with.
    pub(super) sign_in_scopes: &'static [&'static str],
    /// What is asked for to connect an account.
    pub(super) scopes: &'static [&'static str],
    /// Between scopes.
    pub(super) separator: &'static str,
    pub(super) challenge: Challenge,
    /// What else goes with a request to connect.
    pub(super) extra: &'static [(&'static str, &'static str)],
    /// Where the account is asked for, where that is not the provider's user info.
    pub(super) account_url: Option<&'static str>,
    /// Where the answer has the identifier of the account and its name: the first that is there.
    pub(super) account_id: &'static [&'static str],
    pub(super) account_name: &'static [&'static str],
    pub(super) renewal: Renewal,
    /// Whether it asks a user anew for `max_age`, and tells in `auth_time` when they proved who they are.
    pub(super) tells_age: bool,
    /// Whether the access token is revoked, instead of the refresh token, and all with it.
    pub(super) revokes_access: bool,
}

/// A provider as clients see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProviderView {
    provider: &'static str,
    /// Whether it can be signed in with; what can, can be connected as well.
    sign_in: bool,
    /// What a connection asks for.
    scopes: &'static [&'static str],
}

impl Provider {
    pub(super) fn view(&self) -> ProviderView {
        ProviderView { provider: self.name, sign_in: self.signs_in(), scopes: self.scopes }
    }

    pub(super) fn signs_in(&self) -> bool {
        !self.sign_in_scopes.is_empty()
    }

    /// Who the identifiers of accounts are from.
    pub(super) fn issuer(&self) -> Option<&str> {
        match &self.known {
            Known::Discovered { issuer } => Some(issuer),
            Known::Documented(_) => None,
        }
    }

    /// A provider of the table.
    pub(super) fn of(client: &Client) -> Self {
        let mut provider = Self {
            name: client.provider,
            known: Known::Discovered { issuer: client.issuer.clone() },
            client_id: client.id.clone(),
            credential: client.credential.clone(),
            client_id_name: "client_id",
            sign_in_scopes: &["openid"],
            scopes: &["openid", "profile", "email", "offline_access"],
            separator: " ",
            challenge: Challenge::Base64Url,
            // Without it there is no refresh token (OpenID Connect Core, 11).
            extra: &[("prompt", "consent")],
            account_url: None,
            account_id: &["/sub"],
            account_name: &["/name", "/preferred_username", "/email"],
            renewal: Renewal::RefreshToken,
            tells_age: true,
            revokes_access: false,
        };
        match client.provider {
            // https://developers.google.com/identity/openid-connect/reference: refresh tokens come with
            // access_type=offline, and only at consent.
            "google" => {
                provider.scopes = &["openid", "profile", "email"];
                provider.extra = &[];
                // It has no max_age, and tells auth_time of verified applications that ask for it alone:
                // https://developers.google.com/identity/siwg/security-bundle
                provider.tells_age = false;
            }
            // https://developers.google.com/youtube/v3/guides/auth/server-side-web-apps; the name of the channel is
            // that of https://developers.google.com/youtube/v3/docs/channels/list.
            "youtube" => {
                provider.sign_in_scopes = &[];
                provider.scopes = &[
                    "openid",
                    "https://www.googleapis.com/auth/youtube.upload",
                    "https://www.googleapis.com/auth/youtube.readonly",
                ];
                provider.extra = &[("access_type", "offline"), ("prompt", "consent")];
                provider.account_url = Some("https://www.googleapis.com/youtube/v3/channels?part=snippet&mine=true");
                provider.account_id = &["/items/0/id"];
                provider.account_name = &["/items/0/snippet/title"];
            }
            "tiktok" => provider.be_tiktok(),
            "instagram" => provider.be_instagram(),
            _ => {}
        }
        provider
    }

    /// <https://developers.tiktok.com/doc/login-kit-web>, oauth-get-a-user-access-token, oauth-revoke-a-user-access-token
    /// and tiktok-api-v2-get-user-info there. PKCE is only told of for desktops (login-kit-desktop), and with a
    /// challenge in hexadecimal digits.
    fn be_tiktok(&mut self) {
        self.known = Known::Documented(Endpoints {
            authorization: "https://www.tiktok.com/v2/auth/authorize/".to_owned(),
            token: "https://open.tiktokapis.com/v2/oauth/token/".to_owned(),
            revocation: Some("https://open.tiktokapis.com/v2/oauth/revoke/".to_owned()),
            account: Some("https://open.tiktokapis.com/v2/user/info/?fields=open_id,display_name".to_owned()),
            jwks: None,
            names_issuer: false,
            proof: Proof::Form,
        });
        (self.client_id_name, self.separator, self.challenge) = ("client_key", ",", Challenge::Hex);
        self.sign_in_scopes = &[];
        self.scopes = &["user.info.basic", "video.publish", "video.upload", "video.list"];
        self.extra = &[];
        self.account_id = &["/data/user/open_id"];
        self.account_name = &["/data/user/display_name"];
        self.revokes_access = true;
    }

    /// <https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/business-login>, and
    /// reference/access_token and reference/refresh_access_token there. Nothing there revokes a token.
    fn be_instagram(&mut self) {
        self.known = Known::Documented(Endpoints {
            authorization: "https://www.instagram.com/oauth/authorize".to_owned(),
            token: "https://api.instagram.com/oauth/access_token".to_owned(),
            revocation: None,
            account: Some("https://graph.instagram.com/me?fields=user_id,username".to_owned()),
            jwks: None,
            names_issuer: false,
            proof: Proof::Form,
        });
        self.separator = ",";
        self.sign_in_scopes = &[];
        self.scopes = &["instagram_business_basic", "instagram_business_content_publish"];
        self.extra = &[];
        self.account_id = &["/user_id", "/data/0/user_id"];
        self.account_name = &["/username", "/data/0/username"];
        self.renewal = Renewal::Itself {
            exchange: "https://graph.instagram.com/access_token".to_owned(),
            renew: "https://graph.instagram.com/refresh_access_token".to_owned(),
        };
    }
}
