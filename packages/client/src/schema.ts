/**
 * The Apertur API as types, made from its OpenAPI document by `npm run client:types`. Do not edit: change the route.
 */

export interface paths {
    "/api/v1/destination-kinds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every kind of destination, with the schemas of its settings */
        get: operations["getDestinationKinds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/destinations/oauth/{provider}/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where the service sends the browser back to */
        get: operations["finishSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/encryption/server-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The public key for encrypted uploads, PEM
         * @description Also at `/encryption/key`.
         */
        get: operations["getServerKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/event-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every event, with the JSON Schema of its body and an example */
        get: operations["listEventTypes"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/install": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a sign-in page needs to know of this install */
        get: operations["getInstall"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an invitation is for, by the token of its link */
        get: operations["readInvitation"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitation/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Join: as who is signed in, or with a new account for the invited address */
        post: operations["acceptInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{key}/destinations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Set a key's default destinations */
        put: operations["setKeyDestinations"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in, and their projects */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The apps that I let act for me */
        get: operations["listMyGrants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/grants/{grant}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take back what I let an app do; its tokens stop at once */
        delete: operations["revokeMyGrant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where I am signed in */
        get: operations["listMySessions"];
        put?: never;
        post?: never;
        /** Sign out everywhere else, or with `all=true` here too */
        delete: operations["endMySessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/{signIn}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out somewhere else; it counts at once */
        delete: operations["endMySession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oauth/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a token back (RFC 7009)
         * @description Also at `/oauth/revoke`. A refresh token ends the whole grant, an access token only itself. An unknown token is no error.
         */
        post: operations["revokeOAuthToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/oauth/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchange a code or a refresh token for an access token
         * @description Also at `/oauth/token`. A client proves itself with its secret, in the body or by HTTP Basic; a public one with PKCE. Codes and refresh tokens are good once. Using one twice ends the whole grant.
         */
        post: operations["createOAuthToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every plan with its limits */
        get: operations["listPlans"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** My projects */
        get: operations["listProjects"];
        put?: never;
        /** Make a project; who makes it is its owner */
        post: operations["createProject"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a project */
        get: operations["getProject"];
        put?: never;
        post?: never;
        /**
         * Delete a project: its keys stop at once, its sessions close, nothing is delivered any more
         * @description The name has to be repeated. This cannot be undone.
         */
        delete: operations["deleteProject"];
        options?: never;
        head?: never;
        /** Rename a project */
        patch: operations["updateProject"];
        trace?: never;
    };
    "/api/v1/projects/{project}/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who changed what in a project, newest first */
        get: operations["listAuditEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/billing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether plans are paid for here, and which can be bought */
        get: operations["getBilling"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/billing/checkout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A link to pay for a plan */
        post: operations["createCheckout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/billing/portal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A link to manage or end the subscription */
        post: operations["createBillingPortal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Deliveries of photos and events, newest first */
        get: operations["getProjectsDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/destinations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List destinations */
        get: operations["listDestinations"];
        put?: never;
        /** Create a destination */
        post: operations["createDestination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/destinations/{destination}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a destination */
        get: operations["getDestination"];
        put?: never;
        post?: never;
        /** Delete a destination; what waits for it fails */
        delete: operations["deleteDestination"];
        options?: never;
        head?: never;
        /** Update a destination; settings merge */
        patch: operations["updateDestination"];
        trace?: never;
    };
    "/api/v1/projects/{project}/destinations/{destination}/disconnect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Forget the account of a destination and take the access back; its deliveries wait */
        post: operations["disconnectDestination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/destinations/{destination}/folders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the folders of the connected account that photos may go to */
        get: operations["listFolders"];
        put?: never;
        /** Make a folder in the connected account; one of that name is taken as it is */
        post: operations["createFolder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/destinations/{destination}/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show where a photo would go, under the stored settings and what the body changes in them
         * @description Settings may be incomplete: only the templates are read. What is wrong with them is answered in `errors`, with its place, and the status stays 200.
         */
        post: operations["previewStoredDestination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/destinations/{destination}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Try a destination for real */
        post: operations["testDestination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/destinations/oauth/{provider}/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Begin to connect an account: the address where a person signs in and agrees */
        get: operations["beginSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/destinations/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Show where a photo would go under settings that are not saved
         * @description Settings may be incomplete: only the templates are read. What is wrong with them is answered in `errors`, with its place, and the status stays 200.
         */
        post: operations["previewDestination"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/e2e-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The public key for end-to-end encryption */
        get: operations["getE2eKey"];
        /** Register a public key: from now on phones encrypt photos with it, and only you can open them */
        put: operations["setE2eKey"];
        post?: never;
        /** Encrypt end to end no longer */
        delete: operations["deleteE2eKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the open invitations of a project */
        get: operations["listInvitations"];
        put?: never;
        /** Invite somebody: by mail where the install sends any, else with the link of the answer */
        post: operations["createInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/invitations/{invitation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take an invitation back */
        delete: operations["revokeInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List keys */
        get: operations["listKeys"];
        put?: never;
        /** Create a key; its clear form is shown only here */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a key */
        get: operations["getKey"];
        put?: never;
        post?: never;
        /** Delete a key; it answers 401 at once */
        delete: operations["deleteKey"];
        options?: never;
        head?: never;
        /** Change a key */
        patch: operations["updateKey"];
        trace?: never;
    };
    "/api/v1/projects/{project}/keys/{key}/client-cert": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Register the client certificate that the key is used with
         * @description For back-ends that make their own requests: the published client libraries have no way to send this along (contract §17.26).
         */
        put: operations["setClientCertificate"];
        post?: never;
        /** Ask for a client certificate no longer */
        delete: operations["deleteClientCertificate"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/keys/{key}/signing-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a new signing secret; it is shown only here, and an old one ends at once */
        post: operations["createSigningSecret"];
        /** Check signatures no longer */
        delete: operations["deleteSigningSecret"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/keys/{key}/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to ask for one-time codes; a code confirms it
         * @description For back-ends that make their own requests: the published client libraries have no way to send this along (contract §17.26).
         */
        post: operations["enrolTotp"];
        /** Ask for one-time codes no longer */
        delete: operations["deleteTotp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/keys/{key}/totp/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Confirm with a code; from now on every request of the key needs one */
        post: operations["confirmTotp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * That something changed in a project, live (server-sent events)
         * @description A frame `connected`, then a frame `changed` whenever something changed in the project, at most two a second:
         *     `{"parts":["activity"]}`. Parts are `activity` (sessions, photos, deliveries, events) and `settings` (destinations, webhooks,
         *     keys, members and the rest). Nothing is replayed: a page that lost its connection reads anew what it shows. The stream ends when the
         *     person signs out or leaves the project.
         */
        get: operations["streamProjectChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the members of a project */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/members/{person}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Take somebody out of a project; members may leave by themselves */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        /** Give a member another role */
        patch: operations["updateMember"];
        trace?: never;
    };
    "/api/v1/projects/{project}/oauth-apps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the OAuth apps of a project */
        get: operations["listOAuthApps"];
        put?: never;
        /** Register an OAuth app; its secret is shown only here */
        post: operations["createOAuthApp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/oauth-apps/{app}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an OAuth app */
        get: operations["getOAuthApp"];
        put?: never;
        post?: never;
        /** Delete an OAuth app; its tokens stop at once */
        delete: operations["deleteOAuthApp"];
        options?: never;
        head?: never;
        /** Change an OAuth app */
        patch: operations["updateOAuthApp"];
        trace?: never;
    };
    "/api/v1/projects/{project}/oauth-apps/{app}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a new secret for an OAuth app; the old one is refused at once */
        post: operations["rotateOAuthAppSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/oauth-grants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The apps that may act in a project, and who let them in */
        get: operations["listProjectGrants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/oauth-grants/{grant}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Shut an app out of a project; its tokens stop at once */
        delete: operations["revokeProjectGrant"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The last thirty days, and what fails now */
        get: operations["getProjectsOverview"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/page": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The brand of the phone page, and what is done with photos unless a session says otherwise */
        get: operations["getPageSettings"];
        /** Replace the brand of the phone page and the treatment of photos */
        put: operations["setPageSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Change the plan */
        put: operations["changePlan"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List replays, newest first */
        get: operations["listReplays"];
        put?: never;
        /** Deliver again; a dry run only counts */
        post: operations["createReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/replays/{replay}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a replay goes */
        get: operations["getReplay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/replays/{replay}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a replay; what it has made due goes on */
        post: operations["cancelReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the project used in a month; test mode is never counted */
        get: operations["getUsage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/webhook-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Until when the webhook secret before the last rotation signs, too; the secret itself is never shown again */
        get: operations["getProjectSecret"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/webhook-secret/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give the project a new webhook secret, shown only here; the old one may go on signing beside it */
        post: operations["rotateProjectSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List event webhooks */
        get: operations["listWebhooks"];
        put?: never;
        /** Create an event webhook */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/webhooks/{webhook}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an event webhook */
        get: operations["getWebhook"];
        put?: never;
        post?: never;
        /** Delete an event webhook; what waits for it fails */
        delete: operations["deleteWebhook"];
        options?: never;
        head?: never;
        /** Change an event webhook */
        patch: operations["updateWebhook"];
        trace?: never;
    };
    "/api/v1/projects/{project}/webhooks/{webhook}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the deliveries of a webhook, newest first */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/webhooks/{webhook}/deliveries/{delivery}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One delivery of an event, with every attempt */
        get: operations["getWebhookDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/webhooks/{webhook}/deliveries/{delivery}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Deliver an event again, now */
        post: operations["retryWebhookDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/webhooks/{webhook}/held": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Deliver or drop the events that were held while the webhook was off */
        post: operations["decideHeldEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/webhooks/{webhook}/retry-preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** When an event would be tried again, to the second */
        get: operations["previewRetries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/webhooks/{webhook}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give an event webhook a new secret; the old one may go on signing beside it */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/projects/{project}/webhooks/{webhook}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send a test event to a webhook */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List sessions, newest first
         * @description Also at `/upload-sessions`.
         */
        get: operations["listSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{session}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens in a session, live, for the project
         * @description Frames of the events `connected`, `image:ready`, `image:delivering`, `image:delivered`, `image:failed`,
         *     `session:completed` and `session:expired`, each with one line of JSON. A comment keeps the stream alive every 15 seconds;
         *     it stays open after the session has ended. Those of a delivery name the destination (`destinationName`, null where it has no
         *     name of its own); `image:delivered` says how the copy was held against the photo (`verifiedBy`: hash, size or none), and
         *     `image:delivering` after an attempt that failed says when the next one is (`nextAttemptAt`), or that the account of the
         *     destination must be connected again before (`held`).
         *
         *     Also at `/upload-sessions/{session}/events`.
         */
        get: operations["streamProjectSessionEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{session}/poll": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Wait for the next image; it is yours for five minutes */
        get: operations["pollNextImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/recent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The newest sessions
         * @description Also at `/upload-sessions/recent`.
         */
        get: operations["listRecentSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the link of the first start still opens */
        get: operations["checkSetupLink"];
        put?: never;
        /** Make the owner's account with the link of the first start; sign in afterwards */
        post: operations["createOwner"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Figures of the project */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create an upload session
         * @description Also at `/sessions`.
         */
        post: operations["createSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload-sessions/{session}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Update an open session
         * @description Also at `/sessions/{session}`.
         */
        patch: operations["updateSession"];
        trace?: never;
    };
    "/api/v1/upload-sessions/{session}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Close a session: it takes no more images
         * @description Also at `/sessions/{session}/close`.
         */
        post: operations["closeSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload-sessions/{session}/delivery-status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where each image is; with pollFrom, wait for a change
         * @description Also at `/sessions/{session}/delivery-status`.
         */
        get: operations["getDeliveryStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload-sessions/{session}/details": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a session, as its project sees it
         * @description Also at `/sessions/{session}/details`.
         */
        get: operations["getUploadSessionsDetails"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload-sessions/{session}/images/{image}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The bytes of an image; does not acknowledge it
         * @description Also at `/sessions/{session}/images/{image}`, `/images/{image}/download`.
         */
        get: operations["downloadImage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload-sessions/{session}/images/{image}/ack": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Acknowledge an image: it is not offered again
         * @description Also at `/sessions/{session}/images/{image}/ack`, `/images/{image}/ack`.
         */
        post: operations["acknowledgeImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload-sessions/{session}/poll": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All images that wait to be fetched, at once */
        get: operations["pollImages"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload-sessions/{session}/qr": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The QR code of a session as PNG, SVG or JPEG
         * @description Also at `/sessions/{session}/qr`.
         */
        get: operations["getSessionQr"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload-sessions/{session}/share": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send the link of a session by mail or text message
         * @description Also at `/sessions/{session}/share`.
         */
        post: operations["shareSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload/{session}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where images of a session are, for the phone that sent them
         * @description Only of images that are named, and at most 50 at once. Says the names of their destinations, and nothing else of them.
         */
        get: operations["getWhereabouts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload/{session}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens in a session, live (server-sent events)
         * @description Frames of the events `connected`, `image:ready`, `image:delivering`, `image:delivered`, `image:failed`,
         *     `session:completed` and `session:expired`, each with one line of JSON. A comment keeps the stream alive every 15 seconds;
         *     it stays open after the session has ended. Those of a delivery name the destination (`destinationName`, null where it has no
         *     name of its own); `image:delivered` says how the copy was held against the photo (`verifiedBy`: hash, size or none), and
         *     `image:delivering` after an attempt that failed says when the next one is (`nextAttemptAt`), or that the account of the
         *     destination must be connected again before (`held`).
         */
        get: operations["streamSessionEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload/{session}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Upload one photo
         * @description Also at `/sessions/{session}/upload`.
         */
        post: operations["uploadImage"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload/{session}/logo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The logo of the project whose photos a session takes */
        get: operations["getSessionLogo"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload/{session}/resumable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin a photo that is sent in pieces (tus 1.0)
         * @description Names in `Upload-Metadata`: `filename`, `source`, `id` (the name by which the client knows the photo: sent again, it is the same image), `sha256` (of the whole, hex).
         */
        post: operations["createResumableUpload"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload/{session}/resumable/{upload}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Forget a photo that was not sent to its end (tus 1.0) */
        delete: operations["cancelResumableUpload"];
        options?: never;
        head?: never;
        /** Send the next piece of a photo (tus 1.0) */
        patch: operations["continueResumableUpload"];
        trace?: never;
    };
    "/api/v1/upload/{session}/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read a session, as the phone sees it
         * @description Also at `/upload-sessions/{session}`, `/sessions/{session}`.
         */
        get: operations["getSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/upload/{session}/verify-password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a session password; a wrong one is not an error
         * @description Also at `/upload-sessions/{session}/verify-password`.
         */
        post: operations["verifySessionPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List uploads, newest first */
        get: operations["listUploads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{image}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One upload */
        get: operations["getUpload"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{image}/destinations/{destination}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One delivery with every attempt */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{image}/destinations/{destination}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Deliver again, now */
        post: operations["retryDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{image}/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The bytes of an upload, by key or by signed link */
        get: operations["downloadUpload"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/{image}/thumbnail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A small picture of an upload, upright and without its metadata, by key or by signed link
         * @description Also at `/images/{image}/thumbnail`.
         */
        get: operations["getThumbnail"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/uploads/recent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest uploads */
        get: operations["listRecentUploads"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "image.delivery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A photo, delivered to a webhook destination.
         * @description One request a photo, in the format of the destination. `X-Apertur-Signature` is over the body alone, without a timestamp: `sha256=` and the HMAC-SHA256 of the bytes with the secret of the destination, or of the project.
         */
        post: operations["onImageDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "project.billing.plan_changed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The project's plan changed.
         * @description Sent to each event webhook whose topics match. Check the signature over the bytes as they came: `sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.
         */
        post: operations["onProjectBillingPlanChanged"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "project.session.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A session was closed, or was full and had nothing left to do.
         * @description Sent to each event webhook whose topics match. Check the signature over the bytes as they came: `sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.
         */
        post: operations["onProjectSessionCompleted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "project.session.created": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An upload session was created.
         * @description Sent to each event webhook whose topics match. Check the signature over the bytes as they came: `sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.
         */
        post: operations["onProjectSessionCreated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "project.session.expired": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A session expired before it was completed.
         * @description Sent to each event webhook whose topics match. Check the signature over the bytes as they came: `sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.
         */
        post: operations["onProjectSessionExpired"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "project.upload.completed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An image reached all of its destinations; without destinations: was stored, or acknowledged where it is fetched.
         * @description Sent to each event webhook whose topics match. Check the signature over the bytes as they came: `sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.
         */
        post: operations["onProjectUploadCompleted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "project.upload.failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A delivery of an image failed after all retries: once a destination that fails.
         * @description Sent to each event webhook whose topics match. Check the signature over the bytes as they came: `sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.
         */
        post: operations["onProjectUploadFailed"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "project.upload.started": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An image was received and stored; its deliveries begin.
         * @description Sent to each event webhook whose topics match. Check the signature over the bytes as they came: `sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.
         */
        post: operations["onProjectUploadStarted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "project.webhook.disabled": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A webhook was switched off by its failures. Events are held from now on.
         * @description Sent to each event webhook whose topics match. Check the signature over the bytes as they came: `sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.
         */
        post: operations["onProjectWebhookDisabled"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "project.webhook.failing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A webhook is halfway to being switched off by its failures.
         * @description Sent to each event webhook whose topics match. Check the signature over the bytes as they came: `sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.
         */
        post: operations["onProjectWebhookFailing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "webhook.test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The test of a webhook, sent on request whatever it subscribes to.
         * @description Sent to each event webhook whose topics match. Check the signature over the bytes as they came: `sha256=` and the HMAC-SHA256 of `<X-Apertur-Timestamp>.<body>` with the characters of the secret as key; a webhook with the method `svix` has `svix-id`, `svix-timestamp` and `svix-signature`, too. The client has verifiers for both.
         */
        post: operations["onWebhookTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        ApiKey: {
            allowedDomains: string[];
            allowedIps: string[];
            allowedMimeTypes: string[];
            clientCertEnabled: boolean;
            clientCertFingerprint: string | null;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            defaultDestinations: string[];
            env: string;
            id: string;
            isActive: boolean;
            label: string;
            lastUsedAt: string | null;
            longPollingEnabled: boolean;
            maxImageDimension: number | null;
            maxImages: number | null;
            prefix: string;
            signatureRequired: boolean;
            signingEnabled: boolean;
            totpEnabled: boolean;
        };
        Attempt: {
            address: string | null;
            durationMs: number;
            error: string | null;
            nextAt: string | null;
            nextReason: string | null;
            number: number;
            outcome: string;
            phases: {
                [key: string]: number;
            } | null;
            responseExcerpt: string | null;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            startedAt: string;
            statusCode: number | null;
        };
        AuditEntry: {
            action: string;
            actor: {
                id: string;
                kind: string;
                name: string;
            };
            address: string | null;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            detail: {
                [key: string]: unknown;
            } | null;
            env: string | null;
            id: string;
            targetId: string | null;
        };
        Billing: {
            /** @description Whether plans are paid for here: the install has Stripe keys. */
            enabled: boolean;
            hasCustomer: boolean;
            /** @description Ids of the plans that can be bought. */
            plans: string[];
        };
        BillingLink: {
            url: string;
        };
        ClientCertificate: {
            /** @description X.509 as PEM. */
            certificate?: string;
            /** @description Its SHA-256 fingerprint in hex, with or without colons. */
            fingerprint?: string;
        };
        CreatedKey: {
            id: string;
            key: components["schemas"]["ApiKey"];
            plain_text_key: string;
            plainTextKey: string;
        };
        CreatedSession: {
            destinations: {
                id: string;
                name: string;
                type: string;
            }[];
            env: "live" | "test";
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            expires_at: string;
            id: string;
            long_polling: boolean;
            password_protected: boolean;
            qr_specs: {
                endpoint: string;
                formats: string[];
                params: {
                    [key: string]: string;
                };
            };
            qr_url: string;
            short_url: string;
            upload_url: string;
            uuid: string;
        };
        Delivery: {
            attempts: number;
            destinationId: string;
            history: components["schemas"]["Attempt"][];
            id: string;
            imageId: string;
            lastError: string | null;
            nextAttemptAt: string | null;
            receipt: {
                [key: string]: unknown;
            } | null;
            status: string;
        };
        DeliveryStatus: {
            files: {
                destinations: {
                    attempts: number;
                    destination_id: string;
                    last_error: string | null;
                    name: string;
                    status: string;
                    type: string;
                }[];
                filename: string;
                has_thumbnail: boolean;
                record_id: string;
                size_bytes: number;
            }[];
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            lastChanged: string;
            status: string;
        };
        Destination: {
            config: {
                [key: string]: unknown;
            };
            connection?: {
                accountEmail: string | null;
                reason: string | null;
                since: string | null;
                /**
                 * @example connected
                 * @example reconnect_needed
                 * @example not_connected
                 */
                status: string;
            };
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            id: string;
            isActive: boolean;
            name: string;
            type: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            updatedAt: string;
        };
        DestinationPreview: {
            errors: {
                field: string;
                length: number;
                /** @description The end of a sentence that begins with the field. */
                message: string;
                /** @description Characters from the start of the template. */
                position: number;
            }[];
            path: string | null;
            templates: {
                field: string;
                template: string;
            }[];
            /** @description What a template may use. */
            variables: string[];
            warnings: string[];
        };
        DestinationTest: {
            error?: string;
            message?: string;
            status?: number;
            steps: {
                advice?: string;
                durationMs: number;
                message?: string;
                outcome: string;
                step: string;
            }[];
            success: boolean;
        };
        E2eKey: {
            /** @description false: the plan does not have it, and photos come as without a key. */
            enabled: boolean;
            /** @description SHA-256 of the key in DER, hex: stands in every envelope made with it. */
            keyId: string;
            publicKey: string;
            required: boolean;
        };
        EncryptedImage: {
            /** @description RSA-OAEP+AES-256-GCM. */
            algorithm?: string;
            /** @description AES-256-GCM: ciphertext, then the tag of 16 bytes; base64. Also taken as `encrypted_data`. */
            encryptedData: string;
            /** @description The AES key, wrapped with RSA-OAEP, base64. Also taken as `encrypted_key`. */
            encryptedKey: string;
            filename?: string;
            /** @description 12 bytes, base64. */
            iv: string;
            /** @description End to end only: which key of the project. Also taken as `key_id`. */
            keyId?: string;
            /** @description Also taken as `mime_type`. */
            mimeType?: string;
            source?: string;
        };
        EndedSessions: {
            ended: number;
        };
        ErrorBody: {
            code: string;
            error: string;
            message: string;
            retryAfter?: number;
            statusCode: number;
        };
        EventType: {
            description: string;
            example: unknown;
            schema: unknown;
            subscribable: boolean;
            topic: string;
        };
        Folder: {
            id: string;
            name: string;
            path: string | null;
        };
        FoundPageSettings: {
            brand?: {
                /** @description #rrggbb */
                color?: string;
                /** @description PNG, JPEG or WebP of at most 64 KB, as base64. */
                logo?: string;
                name?: string;
                redirect_url?: string;
                thank_you?: string;
            };
            install_retention_days: number | null;
            photos?: {
                downscale?: boolean;
                gps?: "keep" | "strip" | "coarse";
                image_format?: "original" | "jpeg";
            };
            retention_days?: number | null;
        };
        ImageDelivery: {
            /**
             * Format: date-time
             * @description When it was received.
             */
            created_at?: string;
            /** @description The photo. */
            data: string;
            /** @enum {string} */
            env?: "live" | "test";
            /** @description Its file name, made safe. */
            filename: string;
            /** @description The image. */
            image_id: string;
            /** @description Its place in the session, from 0. */
            image_index: number;
            /** @description Of the session. */
            metadata?: {
                [key: string]: unknown;
            } | null;
            /** @description Its type, read from its bytes. */
            mime_type: string;
            /** @description The session. */
            session_id: string;
            /** @description Its size. */
            size_bytes: number;
            /** @description What the sender said it comes from. */
            source?: string;
            /** @description As the session was given them. */
            tags: string[] | {
                [key: string]: unknown;
            } | null;
        };
        Install: {
            mail: boolean;
            needsOwner: boolean;
            openRegistration: boolean;
            signedIn: boolean;
        };
        Invitation: {
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            email: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            expiresAt: string;
            id: string;
            projectId: string;
            projectName: string;
            role: "owner" | "admin" | "developer" | "viewer";
        };
        JoinedProject: {
            email: string;
            madeAccount: boolean;
            projectId: string;
        };
        KeyChange: {
            /** @description Also taken as `allowed_domains`. */
            allowedDomains?: string[];
            /** @description Also taken as `allowed_ips`. */
            allowedIps?: string[];
            /** @description Also taken as `allowed_mime_types`. */
            allowedMimeTypes?: string[];
            /** @description Also taken as `is_active`. */
            isActive?: boolean;
            label?: string;
            /** @description Also taken as `max_image_dimension`. */
            maxImageDimension?: number | null;
            /** @description Also taken as `max_images`. */
            maxImages?: number | null;
            name?: string;
            /** @description Also taken as `signature_required`. */
            signatureRequired?: boolean;
        };
        KeyDestinations: {
            destinations: {
                id: string;
                isActive: boolean;
                name: string;
                type: string;
            }[];
            longPollingEnabled: boolean;
        };
        KeyDestinationsChange: {
            /** @description Also taken as `destinationIds`. */
            destination_ids?: string[] | null;
            /** @description Also taken as `longPolling`. */
            long_polling?: boolean;
            /** @description Also taken as `longPollingEnabled`. */
            long_polling_enabled?: boolean;
        };
        MadeAccount: {
            email: string;
            id: string;
        };
        MadeInvitation: {
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            email: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            expiresAt: string;
            id: string;
            link: string;
            mailed: boolean;
            projectId: string;
            projectName: string;
            role: "owner" | "admin" | "developer" | "viewer";
        };
        MadeOAuthApp: {
            allowedDomains: string[];
            clientId: string;
            clientSecret: string | null;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            homepage: string | null;
            id: string;
            isActive: boolean;
            isPublic: boolean;
            name: string;
            publicKey: string;
            redirectUris: string[];
            secretPrefix: string | null;
        };
        Me: {
            mayCreateProjects: boolean;
            person: components["schemas"]["Person"];
            projects: {
                id: string;
                name: string;
                plan: string;
                rights: string[];
                role: string;
                scopes: string[];
            }[];
        };
        Member: {
            email: string;
            id: string;
            name: string;
            role: "owner" | "admin" | "developer" | "viewer";
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            since: string;
            twoFactorEnabled: boolean;
        };
        MemberRole: {
            id: string;
            role: "owner" | "admin" | "developer" | "viewer";
        };
        NewE2eKey: {
            /** @description RSA, 2048 bits or more, as PEM. Also taken as `public_key`. */
            publicKey: string;
            /** @description Refuse photos that are not encrypted with it. Default true. */
            required?: boolean;
        };
        NewKey: {
            /** @description Also taken as `allowed_mime_types`. */
            allowedMimeTypes?: string[];
            env?: "live" | "test";
            label?: string;
            /** @description Also taken as `max_image_dimension`. */
            maxImageDimension?: number | null;
            /** @description Also taken as `max_images`. */
            maxImages?: number | null;
            name?: string;
        };
        NewReplay: {
            /** @description Also taken as `destination_id`. */
            destinationId?: string;
            /**
             * @description Also taken as `dry_run`.
             * @default false
             */
            dryRun: boolean;
            /**
             * @description failed: what failed for good; all: what was delivered, too; missing: events that the webhook never got.
             * @default failed
             */
            only: "failed" | "all" | "missing";
            /**
             * @description Also taken as `rate_per_second`.
             * @default 100
             */
            ratePerSecond: number;
            /** Format: date-time */
            since?: string;
            topics?: string[];
            /** Format: date-time */
            until?: string;
            /** @description Also taken as `webhook_id`. */
            webhookId?: string;
        };
        NewSession: {
            /** @description Also taken as `allowedMimeTypes`. */
            allowed_mime_types?: string[];
            /** @description Also taken as `deliveryMode`. */
            delivery_mode?: string;
            /** @description Also taken as `destinationId`. */
            destination_id?: string;
            /** @description Also taken as `destinationIds`. */
            destination_ids?: string[];
            /** @description Photos beyond max_image_dimension become smaller instead of being refused. */
            downscale?: boolean;
            /**
             * Format: date-time
             * @description Also taken as `expiresAt`.
             */
            expires_at?: string;
            /** @description Also taken as `expiresIn`. */
            expires_in?: number;
            /** @description Also taken as `expiresInHours`. */
            expires_in_hours?: number;
            /** @description The place where a photo was taken: kept, removed, or rounded to about a kilometre. */
            gps?: "keep" | "strip" | "coarse";
            /** @description jpeg: HEIC photos become JPEG. Also taken as `imageFormat`. */
            image_format?: "original" | "jpeg";
            label?: string;
            /** @description Also taken as `longPolling`. */
            long_polling?: boolean;
            /** @description Also taken as `maxImageDimension`. */
            max_image_dimension?: number;
            /** @description Also taken as `maxImageSizeMb`. */
            max_image_size_mb?: number;
            /** @description Also taken as `maxImages`. */
            max_images?: number;
            metadata?: {
                [key: string]: unknown;
            };
            password?: string;
            tags?: string[] | {
                [key: string]: string | number | boolean;
            };
            /** @description Also taken as `webhookFormat`. */
            webhook_format?: string;
            /** @description Also taken as `webhookUrl`. */
            webhook_url?: string;
        };
        NewWebhook: {
            /** @description Also taken as `custom_headers`. */
            customHeaders?: {
                [key: string]: string;
            };
            /** @description Also taken as `disable_after_failures`. */
            disableAfterFailures?: number;
            events?: string[];
            /** @description Also taken as `max_in_flight`. */
            maxInFlight?: number | null;
            /** @description Also taken as `max_retries`. */
            maxRetries?: number;
            ordered?: boolean;
            /** @description Also taken as `rate_limit`. */
            rateLimit?: number | null;
            /** @description Also taken as `retry_intervals`. */
            retryIntervals?: number[];
            /** @description Also taken as `signature_method`. */
            signatureMethod?: "hmac_sha256" | "svix";
            topics?: string[];
            url?: string;
        };
        OAuthApp: {
            allowedDomains: string[];
            clientId: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            homepage: string | null;
            id: string;
            isActive: boolean;
            isPublic: boolean;
            name: string;
            publicKey: string;
            redirectUris: string[];
            secretPrefix: string | null;
        };
        OAuthGrant: {
            appId: string;
            appName: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            homepage: string | null;
            id: string;
            lastUsedAt: string | null;
            personId: string;
            personName: string;
            projectId: string;
            projectName: string;
            scopes: string[];
        };
        OAuthToken: {
            access_token: string;
            expires_in: number;
            refresh_token: string;
            scope: string;
            token_type: string;
        };
        OpenInvitation: {
            email: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            expiresAt: string;
            hasAccount: boolean;
            projectName: string;
            role: "owner" | "admin" | "developer" | "viewer";
        };
        PageSettings: {
            brand?: {
                /** @description #rrggbb */
                color?: string;
                /** @description PNG, JPEG or WebP of at most 64 KB, as base64. */
                logo?: string;
                name?: string;
                redirect_url?: string;
                thank_you?: string;
            };
            photos?: {
                downscale?: boolean;
                gps?: "keep" | "strip" | "coarse";
                image_format?: "original" | "jpeg";
            };
            /** @description Also taken as `retentionDays`. */
            retention_days?: number | null;
        };
        Person: {
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            email: string;
            id: string;
            isInstallOwner: boolean;
            locale: string | null;
            name: string;
            twoFactorEnabled: boolean;
        };
        PersonSession: {
            address: string | null;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            current: boolean;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            expiresAt: string;
            id: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            usedAt: string;
            userAgent: string | null;
        };
        Plan: {
            activeDestinations: number | null;
            branding: boolean;
            endToEnd: boolean;
            id: string;
            imageDimension: number;
            imageMegabytes: number;
            imageMegapixels: number;
            imagesPerSession: number;
            longestExpiryHours: number;
            name: string;
            password: boolean;
            sessionsPerMonth: number | null;
        };
        PolledImage: {
            ack_url: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            created_at: string;
            download_url: string;
            filename: string;
            id: string;
            image_id: string;
            image_index: number;
            mime_type: string;
            session_id: string;
            size_bytes: number;
            source: string;
            tags: string[] | null;
        };
        Project: {
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            id: string;
            name: string;
            plan: string;
            rights: string[];
            role: string;
            scopes: string[];
        };
        /** @description The project's plan changed. */
        ProjectBillingPlanChangedEvent: {
            data: {
                /**
                 * Format: date-time
                 * @description Since when.
                 */
                effective_at: string;
                /** @description The plan now. */
                new_plan: string;
                /** @description The plan before. */
                old_plan: string;
            };
            /** @constant */
            event: "project.billing.plan_changed";
            /** @description The event: the same at every attempt and every webhook. */
            id: string;
            /** @description The project. */
            project_id: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /** @constant */
            topic: "project.billing.plan_changed";
        };
        /** @description A session was closed, or was full and had nothing left to do. */
        ProjectSessionCompletedEvent: {
            data: {
                /** @description The session. */
                session_id: string;
            };
            /** @constant */
            event: "project.session.completed";
            /** @description The event: the same at every attempt and every webhook. */
            id: string;
            /** @description The project. */
            project_id: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /** @constant */
            topic: "project.session.completed";
        };
        /** @description An upload session was created. */
        ProjectSessionCreatedEvent: {
            data: {
                /** @description Ids of its destinations. */
                destinations: string[];
                /**
                 * Format: date-time
                 * @description When it expires.
                 */
                expires_at: string;
                /** @description How many images it takes. */
                max_images: number;
                /** @description The session. */
                session_id: string;
                /** @description The tags of the session, as a list. */
                tags: string[];
            };
            /** @constant */
            event: "project.session.created";
            /** @description The event: the same at every attempt and every webhook. */
            id: string;
            /** @description The project. */
            project_id: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /** @constant */
            topic: "project.session.created";
        };
        /** @description A session expired before it was completed. */
        ProjectSessionExpiredEvent: {
            data: {
                /**
                 * Format: date-time
                 * @description When it expired.
                 */
                expires_at: string;
                /** @description How many images it had received. */
                images_count: number;
                /** @description The session. */
                session_id: string;
            };
            /** @constant */
            event: "project.session.expired";
            /** @description The event: the same at every attempt and every webhook. */
            id: string;
            /** @description The project. */
            project_id: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /** @constant */
            topic: "project.session.expired";
        };
        /** @description An image reached all of its destinations; without destinations: was stored, or acknowledged where it is fetched. */
        ProjectUploadCompletedEvent: {
            data: {
                /** @description Its file name, made safe. */
                filename: string;
                /** @description The image: `record_id` in the delivery status, `id` in the list of uploads. */
                image_id: string;
                /** @description Its type, read from its bytes. */
                mime_type: string;
                /** @description The upload session. */
                session_id: string;
                /** @description Its size in bytes. */
                size_bytes: number;
                /** @description The tags of the session, as a list. */
                tags: string[];
            };
            /** @constant */
            event: "project.upload.completed";
            /** @description The event: the same at every attempt and every webhook. */
            id: string;
            /** @description The project. */
            project_id: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /** @constant */
            topic: "project.upload.completed";
        };
        /** @description A delivery of an image failed after all retries: once a destination that fails. */
        ProjectUploadFailedEvent: {
            data: {
                /** @description The destination. */
                destination_id: string;
                /** @description Why, for people. */
                error: string;
                /** @description Its file name, made safe. */
                filename: string;
                /** @description The image: `record_id` in the delivery status, `id` in the list of uploads. */
                image_id: string;
                /** @description Its type, read from its bytes. */
                mime_type: string;
                /** @description The upload session. */
                session_id: string;
                /** @description Its size in bytes. */
                size_bytes: number;
                /** @description The tags of the session, as a list. */
                tags: string[];
            };
            /** @constant */
            event: "project.upload.failed";
            /** @description The event: the same at every attempt and every webhook. */
            id: string;
            /** @description The project. */
            project_id: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /** @constant */
            topic: "project.upload.failed";
        };
        /** @description An image was received and stored; its deliveries begin. */
        ProjectUploadStartedEvent: {
            data: {
                /** @description Its file name, made safe. */
                filename: string;
                /** @description The image: `record_id` in the delivery status, `id` in the list of uploads. */
                image_id: string;
                /** @description Its type, read from its bytes. */
                mime_type: string;
                /** @description The upload session. */
                session_id: string;
                /** @description Its size in bytes. */
                size_bytes: number;
                /** @description The tags of the session, as a list. */
                tags: string[];
            };
            /** @constant */
            event: "project.upload.started";
            /** @description The event: the same at every attempt and every webhook. */
            id: string;
            /** @description The project. */
            project_id: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /** @constant */
            topic: "project.upload.started";
        };
        /** @description A webhook was switched off by its failures. Events are held from now on. */
        ProjectWebhookDisabledEvent: {
            data: {
                /** @description Events, one after the other, that failed for good. */
                consecutive_failures: number;
                /** @description How many switch it off; 0: none. */
                disable_after_failures: number;
                /**
                 * Format: date-time
                 * @description When.
                 */
                disabled_at: string;
                /** @description Why the last one failed. */
                last_error: string | null;
                /** @description failures: too many events failed; gone: the receiver answered 410. */
                reason: "failures" | "gone";
                /** @description Where it leads: the origin alone, for paths may hold a token. */
                url: string;
                /** @description The webhook that fails. */
                webhook_id: string;
            };
            /** @constant */
            event: "project.webhook.disabled";
            /** @description The event: the same at every attempt and every webhook. */
            id: string;
            /** @description The project. */
            project_id: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /** @constant */
            topic: "project.webhook.disabled";
        };
        /** @description A webhook is halfway to being switched off by its failures. */
        ProjectWebhookFailingEvent: {
            data: {
                /** @description Events, one after the other, that failed for good. */
                consecutive_failures: number;
                /** @description How many switch it off; 0: none. */
                disable_after_failures: number;
                /** @description Why the last one failed. */
                last_error: string | null;
                /** @description Where it leads: the origin alone, for paths may hold a token. */
                url: string;
                /** @description The webhook that fails. */
                webhook_id: string;
            };
            /** @constant */
            event: "project.webhook.failing";
            /** @description The event: the same at every attempt and every webhook. */
            id: string;
            /** @description The project. */
            project_id: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /** @constant */
            topic: "project.webhook.failing";
        };
        QueuedDelivery: {
            deliveryId: string;
            message: string;
        };
        Replay: {
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            destinationIds: string[];
            endedAt: string | null;
            failed: number;
            id: string;
            only: string;
            projectId: string;
            /** @description How many it has made due so far. */
            queued: number;
            ratePerSecond: number;
            sent: number;
            since: string | null;
            /** @description How many it had to leave out: under way already, or past retention. */
            skipped: number;
            status: "running" | "completed" | "cancelled";
            topics: string[] | null;
            /** @description How many matched when it was made. */
            total: number;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            until: string;
            waiting: number;
            webhookIds: string[];
        };
        ReplayDryRun: {
            /** @constant */
            dryRun: true;
            /** @description How long it would take at this rate. */
            seconds: number;
            total: number;
        };
        RevokedToken: {
            revoked: boolean;
        };
        Session: {
            branding: {
                color: string | null;
                logoUrl: string | null;
                name: string | null;
                redirectUrl: string | null;
                thankYou: string | null;
            } | null;
            e2eDowngraded: boolean;
            e2eEnabled: boolean;
            e2ePublicKey: string | null;
            e2eRequired: boolean;
            effectiveAllowedMimeTypes: string[];
            effectiveMaxImageDimension: number | null;
            effectiveMaxImages: number;
            env: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            expiresAt: string;
            id: string;
            imagesPerSession: number;
            imagesUploaded: number;
            maxImageSizeBytes: number;
            password_protected: boolean;
            /** @description What is done with the photos before they are stored. */
            photos: {
                downscale: boolean;
                gps: string;
                imageFormat: string;
            };
            projectName: string;
            serverPublicKey: string;
            status: string;
            tags: string[] | null;
            uuid: string;
        };
        SessionChange: {
            /** @description Also taken as `allowedMimeTypes`. */
            allowed_mime_types?: string[];
            /** @description Photos beyond max_image_dimension become smaller instead of being refused. */
            downscale?: boolean;
            /**
             * Format: date-time
             * @description Also taken as `expiresAt`.
             */
            expires_at?: string;
            /** @description The place where a photo was taken: kept, removed, or rounded to about a kilometre. */
            gps?: "keep" | "strip" | "coarse";
            /** @description jpeg: HEIC photos become JPEG. Also taken as `imageFormat`. */
            image_format?: "original" | "jpeg";
            label?: string | null;
            /** @description Also taken as `maxImageDimension`. */
            max_image_dimension?: number | null;
            /** @description Also taken as `maxImageSizeMb`. */
            max_image_size_mb?: number | null;
            /** @description Also taken as `maxImages`. */
            max_images?: number;
            metadata?: {
                [key: string]: unknown;
            } | null;
            password?: null | "" | string;
            tags?: (string[] | {
                [key: string]: string | number | boolean;
            }) | null;
        };
        SessionRow: {
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            destinationsCount: number;
            env: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            expiresAt: string;
            id: string;
            imagesCount: number;
            imagesDelivered: number;
            imagesFailed: number;
            label: string | null;
            longPollingEnabled: boolean;
            projectId: string;
            projectName: string;
            status: string;
            tags: string[] | null;
        };
        SetupLink: {
            open: boolean;
        };
        Shared: {
            channel: string;
            ok: boolean;
            recipient: string;
            short_url: string;
        };
        Stats: {
            activeKeys: number;
            deliverySuccessRate: number;
            imagesDelivered: number;
            imagesUploaded: number;
            sessionsThisMonth: number;
            sessionsTotal: number;
            topProjects: {
                id: string;
                name: string;
                sessions: number;
            }[];
            totalProjects: number;
        };
        TotpEnrolment: {
            otpauthUri: string;
            /** @description The same as a picture: data:image/png;base64,… */
            qr: string;
            /** @description Base32, for those who cannot scan. */
            secret: string;
        };
        Upload: {
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            destinationsBreakdown: {
                count: number;
                type: string;
            }[];
            destinationsDelivered: number;
            destinationsFailed: number;
            destinationsTotal: number;
            env: string;
            filename: string;
            /** @description false as soon as it is known that none can be drawn. */
            hasThumbnail: boolean;
            id: string;
            isEncrypted: boolean;
            mimeType: string;
            projectId: string;
            projectName: string;
            sessionId: string;
            sizeBytes: number;
            source: string;
            status: string;
            thumbnailUrl: string | null;
        };
        UploadResult: {
            destinations: number;
            filename: string;
            id: string;
            long_polling: boolean;
            size_bytes: number;
        };
        Usage: {
            activeDestinations: number;
            imageBytes: number;
            images: number;
            month: string;
            plan: components["schemas"]["Plan"];
            sessions: number;
        };
        WaitingImage: {
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            created_at: string;
            filename: string;
            id: string;
            mime_type: string;
            size_bytes: number;
            source: string;
        };
        Webhook: {
            consecutiveFailures: number;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            customHeaders: {
                [key: string]: string;
            };
            disableAfterFailures: number;
            disabledAt: string | null;
            disabledReason: string | null;
            heldDeliveries: number;
            id: string;
            isActive: boolean;
            maxInFlight: number | null;
            maxRetries: number;
            ordered: boolean;
            previousSecretUntil: string | null;
            projectId: string;
            rateLimit: number | null;
            recentFailures?: components["schemas"]["WebhookFailure"][];
            retryIntervals: number[];
            secret: string;
            signatureMethod: string;
            topics: string[];
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            updatedAt: string;
            url: string;
        };
        WebhookChange: {
            /** @description Also taken as `custom_headers`. */
            customHeaders?: {
                [key: string]: string;
            };
            /** @description Also taken as `disable_after_failures`. */
            disableAfterFailures?: number;
            events?: string[];
            /** @description Also taken as `is_active`. */
            isActive?: boolean;
            /** @description Also taken as `max_in_flight`. */
            maxInFlight?: number | null;
            /** @description Also taken as `max_retries`. */
            maxRetries?: number;
            ordered?: boolean;
            /** @description Also taken as `rate_limit`. */
            rateLimit?: number | null;
            /** @description Also taken as `retry_intervals`. */
            retryIntervals?: number[];
            topics?: string[];
            url?: string;
        };
        WebhookDelivery: {
            attempts: number;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            createdAt: string;
            durationMs: number;
            eventLogId: string;
            held: boolean;
            id: string;
            lastError: string | null;
            nextRetryAt: string | null;
            responseBody: string | null;
            responseCode: number | null;
            status: "sent" | "failed" | "retrying";
            topic: string;
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            updatedAt: string;
        };
        WebhookFailure: {
            /**
             * Format: date-time
             * @example 2026-03-02T08:15:30.250Z
             */
            at: string;
            attempts: number;
            deliveryId: string;
            error: string | null;
            responseCode: number | null;
            topic: string;
        };
        /** @description The test of a webhook, sent on request whatever it subscribes to. */
        WebhookTestEvent: {
            data: {
                /** @description A sentence for people. */
                message: string;
                /** @description The webhook under test. */
                webhook_id: string;
            };
            /** @constant */
            event: "webhook.test";
            /** @description The event: the same at every attempt and every webhook. */
            id: string;
            /** @description The project. */
            project_id: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            timestamp: string;
            /** @constant */
            topic: "webhook.test";
        };
        Whereabouts: {
            images: {
                imageId: string;
                places: {
                    destinationId: string;
                    destinationName: string | null;
                    /** @description This destination is paused, or its account must be connected again; then the image goes there by itself. */
                    held: boolean;
                    nextAttemptAt: string | null;
                    /** @description `delivering`, `delivered` or `failed`. */
                    state: string;
                    verifiedBy: string | null;
                }[];
            }[];
        };
    };
    responses: {
        /** @description The request is not understood: bad JSON, a wrong type, a missing member, a value out of range. `code` is `VALIDATION_ERROR`, `INVALID_JSON`, `DECRYPTION_FAILED`, `IMAGE_UNREADABLE` or `IMAGE_DIMENSION_EXCEEDED`. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 400,
                 *       "error": "Bad Request",
                 *       "message": "expires_in_hours must be between 1 and 168.",
                 *       "code": "VALIDATION_ERROR"
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description It is no longer, or not yet, in a state that allows this. `code` is `SESSION_COMPLETED`, `ALREADY_ACKNOWLEDGED` or `CONFLICT`. */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 409,
                 *       "error": "Conflict",
                 *       "message": "This session is completed: it takes no more images.",
                 *       "code": "SESSION_COMPLETED"
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description The credential is good and does not allow this: another project, a missing scope, a limit of the plan. `code` is `FORBIDDEN`, `PLAN_LIMIT`, `INSUFFICIENT_SCOPE`, `IP_NOT_ALLOWED` or `DOMAIN_NOT_ALLOWED`. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 403,
                 *       "error": "Forbidden",
                 *       "message": "This API key belongs to another project.",
                 *       "code": "FORBIDDEN"
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description It has expired, or its bytes are past their retention. `code` is `SESSION_EXPIRED`, `POLLING_COMPLETE` or `GONE`. */
        Gone: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 410,
                 *       "error": "Gone",
                 *       "message": "This session has expired.",
                 *       "code": "SESSION_EXPIRED"
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description Nothing has this id. `code` is `NOT_FOUND`. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 404,
                 *       "error": "Not Found",
                 *       "message": "No such session. Check the id, and that it belongs to this project.",
                 *       "code": "NOT_FOUND"
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description The image or the body is larger than its limit. `code` is `FILE_TOO_LARGE`. */
        PayloadTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 413,
                 *       "error": "Payload Too Large",
                 *       "message": "The image is larger than 20 MB.",
                 *       "code": "FILE_TOO_LARGE"
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description The sender fell silent in the middle of the body. `code` is `REQUEST_TIMEOUT`. */
        RequestTimeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 408,
                 *       "error": "Request Timeout",
                 *       "message": "Nothing arrived for 30 seconds. Send it again.",
                 *       "code": "REQUEST_TIMEOUT"
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description The database or the storage does not take it right now. Nothing was lost; come back after `Retry-After`. `code` is `SERVICE_UNAVAILABLE`. */
        ServiceUnavailable: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 503,
                 *       "error": "Service Unavailable",
                 *       "message": "The database does not answer right now. Nothing was lost; try again.",
                 *       "code": "SERVICE_UNAVAILABLE",
                 *       "retryAfter": 5
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description The session holds as many images as it may. `code` is `SESSION_FULL`. */
        SessionFull: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 422,
                 *       "error": "Unprocessable Entity",
                 *       "message": "The session is full: it holds 10 images.",
                 *       "code": "SESSION_FULL"
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description Too many requests in a minute, or the quota of the month is spent. `Retry-After` and `retryAfter` say when to come back. `code` is `RATE_LIMIT` or `QUOTA_EXCEEDED`. */
        TooManyRequests: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 429,
                 *       "error": "Too Many Requests",
                 *       "message": "More than 200 requests in a minute. Try again in 12 s.",
                 *       "code": "RATE_LIMIT",
                 *       "retryAfter": 12
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description The credential is missing, malformed, unknown, deleted or switched off, or what protects it was not given. `code` is `AUTHENTICATION_FAILED`, `TOTP_REQUIRED`, `TOTP_INVALID`, `CLIENT_CERT_REQUIRED`, `CLIENT_CERT_INVALID`, `SIGNATURE_REQUIRED`, `SIGNATURE_INVALID`, `SIGNATURE_EXPIRED`, `SIGNATURE_REPLAYED`, `SESSION_PASSWORD_REQUIRED` or `SESSION_PASSWORD_INVALID`. */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 401,
                 *       "error": "Unauthorized",
                 *       "message": "This API key is unknown, deleted or switched off.",
                 *       "code": "AUTHENTICATION_FAILED"
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
        /** @description The type of the image is not allowed here, or the body has a content type that is not taken. `code` is `UNSUPPORTED_MEDIA_TYPE`. */
        UnsupportedMediaType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "statusCode": 415,
                 *       "error": "Unsupported Media Type",
                 *       "message": "This content type is not taken here. Send application/json.",
                 *       "code": "UNSUPPORTED_MEDIA_TYPE"
                 *     }
                 */
                "application/json": components["schemas"]["ErrorBody"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: {
        /** @description Whole seconds until it is worth trying again. */
        "Retry-After": number;
        /** @description Requests a minute of this kind. */
        "X-RateLimit-Limit": number;
        /** @description How many of them are left. */
        "X-RateLimit-Remaining": number;
        /** @description When all of them are there again, in Unix seconds. */
        "X-RateLimit-Reset": number;
    };
    pathItems: never;
}
export type ApiKey = components['schemas']['ApiKey'];
export type Attempt = components['schemas']['Attempt'];
export type AuditEntry = components['schemas']['AuditEntry'];
export type Billing = components['schemas']['Billing'];
export type BillingLink = components['schemas']['BillingLink'];
export type ClientCertificate = components['schemas']['ClientCertificate'];
export type CreatedKey = components['schemas']['CreatedKey'];
export type CreatedSession = components['schemas']['CreatedSession'];
export type Delivery = components['schemas']['Delivery'];
export type DeliveryStatus = components['schemas']['DeliveryStatus'];
export type Destination = components['schemas']['Destination'];
export type DestinationPreview = components['schemas']['DestinationPreview'];
export type DestinationTest = components['schemas']['DestinationTest'];
export type E2eKey = components['schemas']['E2eKey'];
export type EncryptedImage = components['schemas']['EncryptedImage'];
export type EndedSessions = components['schemas']['EndedSessions'];
export type ErrorBody = components['schemas']['ErrorBody'];
export type EventType = components['schemas']['EventType'];
export type Folder = components['schemas']['Folder'];
export type FoundPageSettings = components['schemas']['FoundPageSettings'];
export type ImageDelivery = components['schemas']['ImageDelivery'];
export type Install = components['schemas']['Install'];
export type Invitation = components['schemas']['Invitation'];
export type JoinedProject = components['schemas']['JoinedProject'];
export type KeyChange = components['schemas']['KeyChange'];
export type KeyDestinations = components['schemas']['KeyDestinations'];
export type KeyDestinationsChange = components['schemas']['KeyDestinationsChange'];
export type MadeAccount = components['schemas']['MadeAccount'];
export type MadeInvitation = components['schemas']['MadeInvitation'];
export type MadeOAuthApp = components['schemas']['MadeOAuthApp'];
export type Me = components['schemas']['Me'];
export type Member = components['schemas']['Member'];
export type MemberRole = components['schemas']['MemberRole'];
export type NewE2eKey = components['schemas']['NewE2eKey'];
export type NewKey = components['schemas']['NewKey'];
export type NewReplay = components['schemas']['NewReplay'];
export type NewSession = components['schemas']['NewSession'];
export type NewWebhook = components['schemas']['NewWebhook'];
export type OAuthApp = components['schemas']['OAuthApp'];
export type OAuthGrant = components['schemas']['OAuthGrant'];
export type OAuthToken = components['schemas']['OAuthToken'];
export type OpenInvitation = components['schemas']['OpenInvitation'];
export type PageSettings = components['schemas']['PageSettings'];
export type Person = components['schemas']['Person'];
export type PersonSession = components['schemas']['PersonSession'];
export type Plan = components['schemas']['Plan'];
export type PolledImage = components['schemas']['PolledImage'];
export type Project = components['schemas']['Project'];
export type ProjectBillingPlanChangedEvent = components['schemas']['ProjectBillingPlanChangedEvent'];
export type ProjectSessionCompletedEvent = components['schemas']['ProjectSessionCompletedEvent'];
export type ProjectSessionCreatedEvent = components['schemas']['ProjectSessionCreatedEvent'];
export type ProjectSessionExpiredEvent = components['schemas']['ProjectSessionExpiredEvent'];
export type ProjectUploadCompletedEvent = components['schemas']['ProjectUploadCompletedEvent'];
export type ProjectUploadFailedEvent = components['schemas']['ProjectUploadFailedEvent'];
export type ProjectUploadStartedEvent = components['schemas']['ProjectUploadStartedEvent'];
export type ProjectWebhookDisabledEvent = components['schemas']['ProjectWebhookDisabledEvent'];
export type ProjectWebhookFailingEvent = components['schemas']['ProjectWebhookFailingEvent'];
export type QueuedDelivery = components['schemas']['QueuedDelivery'];
export type Replay = components['schemas']['Replay'];
export type ReplayDryRun = components['schemas']['ReplayDryRun'];
export type RevokedToken = components['schemas']['RevokedToken'];
export type Session = components['schemas']['Session'];
export type SessionChange = components['schemas']['SessionChange'];
export type SessionRow = components['schemas']['SessionRow'];
export type SetupLink = components['schemas']['SetupLink'];
export type Shared = components['schemas']['Shared'];
export type Stats = components['schemas']['Stats'];
export type TotpEnrolment = components['schemas']['TotpEnrolment'];
export type Upload = components['schemas']['Upload'];
export type UploadResult = components['schemas']['UploadResult'];
export type Usage = components['schemas']['Usage'];
export type WaitingImage = components['schemas']['WaitingImage'];
export type Webhook = components['schemas']['Webhook'];
export type WebhookChange = components['schemas']['WebhookChange'];
export type WebhookDelivery = components['schemas']['WebhookDelivery'];
export type WebhookFailure = components['schemas']['WebhookFailure'];
export type WebhookTestEvent = components['schemas']['WebhookTestEvent'];
export type Whereabouts = components['schemas']['Whereabouts'];
export type ResponseBadRequest = components['responses']['BadRequest'];
export type ResponseConflict = components['responses']['Conflict'];
export type ResponseForbidden = components['responses']['Forbidden'];
export type ResponseGone = components['responses']['Gone'];
export type ResponseNotFound = components['responses']['NotFound'];
export type ResponsePayloadTooLarge = components['responses']['PayloadTooLarge'];
export type ResponseRequestTimeout = components['responses']['RequestTimeout'];
export type ResponseServiceUnavailable = components['responses']['ServiceUnavailable'];
export type ResponseSessionFull = components['responses']['SessionFull'];
export type ResponseTooManyRequests = components['responses']['TooManyRequests'];
export type ResponseUnauthorized = components['responses']['Unauthorized'];
export type ResponseUnsupportedMediaType = components['responses']['UnsupportedMediaType'];
export type HeaderRetryAfter = components['headers']['Retry-After'];
export type HeaderXRateLimitLimit = components['headers']['X-RateLimit-Limit'];
export type HeaderXRateLimitRemaining = components['headers']['X-RateLimit-Remaining'];
export type HeaderXRateLimitReset = components['headers']['X-RateLimit-Reset'];
export type $defs = Record<string, never>;
export interface operations {
    getDestinationKinds: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description false: this install has not been set up for it. */
                        available: boolean;
                        category: string;
                        /** @description JSON Schema of the settings; order and titles are those of a form. */
                        config: unknown;
                        /** @description JSON Schema of the secrets: sent once, never shown again. */
                        credentials: unknown;
                        kind: string;
                        label: string;
                        /** @description It is connected by signing in at the service. */
                        oauth: boolean;
                    }[];
                };
            };
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    finishSignIn: {
        parameters: {
            query?: {
                /** @description What the service gave; exchanged for its tokens. */
                code?: string;
                /** @description Why the service refused. */
                error?: string;
                /** @description The same for people. Also taken as `errorDescription`. */
                error_description?: string;
                /** @description As it was sent along to the service. */
                state?: string;
            };
            header?: never;
            path: {
                /**
                 * @description The service where the person signs in.
                 * @example google_drive
                 */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        destinationId: string;
                        projectId: string;
                        status: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getServerKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        public_key: string;
                        publicKey: string;
                    };
                };
            };
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listEventTypes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventType"][];
                };
            };
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getInstall: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Install"];
                };
            };
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    readInvitation: {
        parameters: {
            query: {
                /** @description The credential, for an EventSource, which cannot send a header. */
                token: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenInvitation"];
                };
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    acceptInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    locale?: string;
                    name?: string;
                    password?: string;
                    token: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JoinedProject"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    setKeyDestinations: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["KeyDestinationsChange"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyDestinations"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listMyGrants: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthGrant"][];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeMyGrant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of what a person gave to an app.
                 * @example grant_01J9Z9B2D4F6H8K0M2P4R6T8VX
                 */
                grant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listMySessions: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonSession"][];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    endMySessions: {
        parameters: {
            query?: {
                /** @description Also the session that asks. */
                all?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EndedSessions"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    endMySession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the sign-in, from the list of them.
                 * @example per_01J9Z9C4D6F8H0K2M4P6R8T0VX
                 */
                signIn: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeOAuthToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Also taken as `clientId`. */
                    client_id?: string;
                    /** @description Also taken as `clientSecret`. */
                    client_secret?: string;
                    token: string;
                    /** @description Also taken as `tokenTypeHint`. */
                    token_type_hint?: string;
                };
                "application/x-www-form-urlencoded": {
                    client_id?: string;
                    client_secret?: string;
                    token: string;
                    token_type_hint?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevokedToken"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createOAuthToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Also taken as `clientId`. */
                    client_id?: string;
                    /** @description Also taken as `clientSecret`. */
                    client_secret?: string;
                    code?: string;
                    /** @description Also taken as `codeVerifier`. */
                    code_verifier?: string;
                    /**
                     * @description Also taken as `grantType`.
                     * @example authorization_code
                     */
                    grant_type: string;
                    /** @description Also taken as `redirectUri`. */
                    redirect_uri?: string;
                    /** @description Also taken as `refreshToken`. */
                    refresh_token?: string;
                    scope?: string;
                };
                "application/x-www-form-urlencoded": {
                    client_id?: string;
                    client_secret?: string;
                    code?: string;
                    code_verifier?: string;
                    /** @example authorization_code */
                    grant_type: string;
                    redirect_uri?: string;
                    refresh_token?: string;
                    scope?: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthToken"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listPlans: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"][];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listProjects: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"][];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createProject: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteProject: {
        parameters: {
            query?: {
                /** @description Name of the new destination. */
                name?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateProject: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Project"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listAuditEntries: {
        parameters: {
            query?: {
                /** @description Only this kind of change. */
                action?: string;
                /** @description Also taken as `actor_id`. */
                actorId?: string;
                /** @description Also taken as `actor_kind`. */
                actorKind?: string;
                /** @description When the first attempt is; now without. */
                from?: string;
                /** @description Which page, from 1. */
                page?: number;
                /** @description Rows a page, 1 to 100; 20 without. Also taken as `page_size`. */
                pageSize?: number;
                /** @description Text to look for. */
                search?: string;
                /** @description Also taken as `target_id`. */
                targetId?: string;
                /** @description Up to this moment. */
                to?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["AuditEntry"][];
                        page: number;
                        pageSize: number;
                        total: number;
                        totalPages: number;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getBilling: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Billing"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createCheckout: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    plan: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillingLink"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createBillingPortal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BillingLink"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getProjectsDeliveries: {
        parameters: {
            query?: {
                /** @description Only those of photos (`image`) or of events (`event`). */
                kind?: "image" | "event";
                /** @description Which page, from 1. */
                page?: number;
                /** @description Rows a page, 1 to 100; 20 without. Also taken as `page_size`. */
                pageSize?: number;
                /** @description Text to look for. */
                search?: string;
                /** @description From this moment on. */
                since?: string;
                /** @description In this state only. */
                status?: "sent" | "failed" | "waiting" | "held";
                /** @description A destination or an event webhook. */
                target?: string;
                /** @description Up to this moment. */
                until?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: {
                            attempts: number;
                            /**
                             * Format: date-time
                             * @example 2026-03-02T08:15:30.250Z
                             */
                            createdAt: string;
                            id: string;
                            imageId: string | null;
                            kind: "image" | "event";
                            lastError: string | null;
                            nextAttemptAt: string | null;
                            sessionId: string | null;
                            status: string;
                            targetId: string;
                            targetName: string;
                            targetType: string;
                            /** @description The file name of the photo, or the topic of the event. */
                            title: string;
                            /**
                             * Format: date-time
                             * @example 2026-03-02T08:15:30.250Z
                             */
                            updatedAt: string;
                        }[];
                        page: number;
                        pageSize: number;
                        total: number;
                        totalPages: number;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listDestinations: {
        parameters: {
            query?: {
                /** @description Which page, from 1. */
                page?: number;
                /** @description Rows a page, 1 to 100; 20 without. Also taken as `page_size`. */
                pageSize?: number;
                /** @description Text to look for. */
                search?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Destination"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createDestination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    config?: {
                        [key: string]: unknown;
                    };
                    label?: string;
                    name?: string;
                    type: string;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Destination"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getDestination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the destination.
                 * @example dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ
                 */
                destination: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Destination"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteDestination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the destination.
                 * @example dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ
                 */
                destination: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateDestination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the destination.
                 * @example dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ
                 */
                destination: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    config?: {
                        [key: string]: unknown;
                    };
                    /** @description Also taken as `is_active`. */
                    isActive?: boolean;
                    label?: string;
                    name?: string;
                    type?: string;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Destination"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    disconnectDestination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the destination.
                 * @example dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ
                 */
                destination: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        revoked: boolean;
                        status: string;
                    };
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listFolders: {
        parameters: {
            query?: {
                /** @description Id of the folder to look into; the top without. */
                parent?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the destination.
                 * @example dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ
                 */
                destination: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        folders: components["schemas"]["Folder"][];
                        parent: string | null;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createFolder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the destination.
                 * @example dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ
                 */
                destination: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    parent?: string | null;
                };
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Folder"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    previewStoredDestination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the destination.
                 * @example dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ
                 */
                destination: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    config?: {
                        [key: string]: unknown;
                    };
                    image?: {
                        /** Format: date-time */
                        created_at?: string;
                        ext?: string;
                        filename?: string;
                        image_id?: string;
                        image_index?: number;
                        session_id?: string;
                        tags?: null | string[] | {
                            [key: string]: string | number | boolean;
                        };
                    };
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationPreview"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    testDestination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the destination.
                 * @example dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ
                 */
                destination: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationTest"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    beginSignIn: {
        parameters: {
            query?: {
                /** @description Id of a destination to connect again; without, a new one is made. */
                destination?: string;
                /** @description Name of the new destination. */
                name?: string;
                /** @description Where the browser goes when the person has decided. Also taken as `returnTo`. */
                return_to?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description The service where the person signs in.
                 * @example google_drive
                 */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        authorizeUrl: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-02T08:15:30.250Z
                         */
                        expiresAt: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    previewDestination: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    config?: {
                        [key: string]: unknown;
                    };
                    image?: {
                        /** Format: date-time */
                        created_at?: string;
                        ext?: string;
                        filename?: string;
                        image_id?: string;
                        image_index?: number;
                        session_id?: string;
                        tags?: null | string[] | {
                            [key: string]: string | number | boolean;
                        };
                    };
                    type: string;
                } & {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DestinationPreview"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getE2eKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["E2eKey"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    setE2eKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewE2eKey"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["E2eKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteE2eKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listInvitations: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"][];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: email */
                    email: string;
                    locale?: string;
                    role: "owner" | "admin" | "developer" | "viewer";
                };
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeInvitation"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the invitation.
                 * @example inv_01J9Z8C2E4G6J8L0N2Q4S6T8VX
                 */
                invitation: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                /** @description Of this environment only: `live` or `test`. */
                env?: string;
                /** @description Which page, from 1. */
                page?: number;
                /** @description Rows a page, 1 to 100; 20 without. Also taken as `page_size`. */
                pageSize?: number;
                /** @description Text to look for. */
                search?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["KeyChange"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    setClientCertificate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["ClientCertificate"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteClientCertificate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createSigningSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Refuse unsigned requests of this key. */
                    required?: boolean;
                };
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        signatureRequired: boolean;
                        signingSecret: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteSigningSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    enrolTotp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TotpEnrolment"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteTotp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    confirmTotp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the key: of its record, not the secret.
                 * @example key_01J9Z2K4M6P8R0T2V4X6Z8B0DF
                 */
                key: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @example 123456 */
                    code: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    streamProjectChanges: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": Blob;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listMembers: {
        parameters: {
            query?: {
                /** @description Which page, from 1. */
                page?: number;
                /** @description Rows a page, 1 to 100; 20 without. Also taken as `page_size`. */
                pageSize?: number;
                /** @description Text to look for. */
                search?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Member"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the person.
                 * @example per_01J9Z8B2D4F6H8K0M2P4R6T8VX
                 */
                person: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateMember: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the person.
                 * @example per_01J9Z8B2D4F6H8K0M2P4R6T8VX
                 */
                person: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    role: "owner" | "admin" | "developer" | "viewer";
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MemberRole"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listOAuthApps: {
        parameters: {
            query?: {
                /** @description Which page, from 1. */
                page?: number;
                /** @description Rows a page, 1 to 100; 20 without. Also taken as `page_size`. */
                pageSize?: number;
                /** @description Text to look for. */
                search?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthApp"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createOAuthApp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Also taken as `allowed_domains`. */
                    allowedDomains?: string[];
                    homepage?: string | null;
                    /** @description Also taken as `is_public`. */
                    isPublic?: boolean;
                    name: string;
                    /** @description Also taken as `redirect_uris`. */
                    redirectUris: string[];
                };
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeOAuthApp"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getOAuthApp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the app.
                 * @example app_01J9Z9A2C4E6G8J0M2P4R6T8VX
                 */
                app: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthApp"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteOAuthApp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the app.
                 * @example app_01J9Z9A2C4E6G8J0M2P4R6T8VX
                 */
                app: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateOAuthApp: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the app.
                 * @example app_01J9Z9A2C4E6G8J0M2P4R6T8VX
                 */
                app: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /** @description Also taken as `allowed_domains`. */
                    allowedDomains?: string[];
                    homepage?: string | null;
                    /** @description Also taken as `is_active`. */
                    isActive?: boolean;
                    name?: string;
                    /** @description Also taken as `redirect_uris`. */
                    redirectUris?: string[];
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthApp"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    rotateOAuthAppSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the app.
                 * @example app_01J9Z9A2C4E6G8J0M2P4R6T8VX
                 */
                app: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeOAuthApp"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listProjectGrants: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OAuthGrant"][];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    revokeProjectGrant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of what a person gave to an app.
                 * @example grant_01J9Z9B2D4F6H8K0M2P4R6T8VX
                 */
                grant: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getProjectsOverview: {
        parameters: {
            query?: {
                /** @description When the day of the reader began. Default: 0:00 UTC. */
                today?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description Thirty days, oldest first; the last is today. */
                        days: {
                            /**
                             * Format: date-time
                             * @example 2026-03-02T08:15:30.250Z
                             */
                            at: string;
                            failed: number;
                            images: number;
                            sent: number;
                            sessions: number;
                        }[];
                        /** @description Where deliveries of the last seven days failed or are tried again. */
                        failing: {
                            failed: number;
                            held: boolean;
                            id: string;
                            kind: "destination" | "webhook";
                            /**
                             * Format: date-time
                             * @example 2026-03-02T08:15:30.250Z
                             */
                            lastAt: string;
                            lastError: string | null;
                            name: string;
                            retrying: number;
                            type: string;
                        }[];
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getPageSettings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundPageSettings"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    setPageSettings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PageSettings"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FoundPageSettings"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    changePlan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    plan: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listReplays: {
        parameters: {
            query?: {
                /** @description How many, at most. */
                limit?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewReplay"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayDryRun"];
                };
            };
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the replay.
                 * @example rpl_01J9Z7A2C4E6G8J0M2P4R6T8VX
                 */
                replay: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    cancelReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the replay.
                 * @example rpl_01J9Z7A2C4E6G8J0M2P4R6T8VX
                 */
                replay: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getUsage: {
        parameters: {
            query?: {
                /** @description As 2026-11, UTC. Default: this one. */
                month?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Usage"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getProjectSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        previousSecretUntil: string | null;
                    };
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    rotateProjectSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description So many days both secrets sign. 0: the old one stops at once. Also taken as `overlap_days`.
                     * @default 0
                     */
                    overlapDays?: number;
                };
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        previousSecretUntil: string | null;
                        webhookSecret: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listWebhooks: {
        parameters: {
            query?: {
                /** @description Which page, from 1. */
                page?: number;
                /** @description Rows a page, 1 to 100; 20 without. Also taken as `page_size`. */
                pageSize?: number;
                /** @description Text to look for. */
                search?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewWebhook"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the event webhook.
                 * @example wh_01J9Z5A1B2C3D4E5F6G7H8J9KM
                 */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    deleteWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the event webhook.
                 * @example wh_01J9Z5A1B2C3D4E5F6G7H8J9KM
                 */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the event webhook.
                 * @example wh_01J9Z5A1B2C3D4E5F6G7H8J9KM
                 */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["WebhookChange"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                /** @description How many, at most. */
                limit?: number;
                /** @description Which page, from 1. */
                page?: number;
                /** @description From this moment on. */
                since?: string;
                /** @description In this state only. */
                status?: "sent" | "failed" | "retrying" | "held";
                /** @description Of this topic only. */
                topic?: string;
                /** @description Up to this moment. */
                until?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the event webhook.
                 * @example wh_01J9Z5A1B2C3D4E5F6G7H8J9KM
                 */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["WebhookDelivery"][];
                        deliveries: components["schemas"]["WebhookDelivery"][];
                        limit: number;
                        page: number;
                        total: number;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getWebhookDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the delivery.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                delivery: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the event webhook.
                 * @example wh_01J9Z5A1B2C3D4E5F6G7H8J9KM
                 */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        attempts: number;
                        /**
                         * Format: date-time
                         * @example 2026-03-02T08:15:30.250Z
                         */
                        createdAt: string;
                        data: {
                            [key: string]: unknown;
                        } | null;
                        durationMs: number;
                        eventLogId: string;
                        held: boolean;
                        history: components["schemas"]["Attempt"][];
                        id: string;
                        lastError: string | null;
                        nextRetryAt: string | null;
                        responseBody: string | null;
                        responseCode: number | null;
                        status: "sent" | "failed" | "retrying";
                        topic: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-02T08:15:30.250Z
                         */
                        updatedAt: string;
                    };
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    retryWebhookDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the delivery.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                delivery: string;
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the event webhook.
                 * @example wh_01J9Z5A1B2C3D4E5F6G7H8J9KM
                 */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueuedDelivery"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    decideHeldEvents: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the event webhook.
                 * @example wh_01J9Z5A1B2C3D4E5F6G7H8J9KM
                 */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    action: "deliver" | "drop";
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        count: number;
                        message: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    previewRetries: {
        parameters: {
            query?: {
                /** @description When the first attempt is; now without. */
                from?: string;
                /** @description Retries after the first attempt; those of the webhook without. Also taken as `max_retries`. */
                maxRetries?: number;
                /** @description Seconds between attempts, with commas; those of the webhook without. Also taken as `retry_intervals`. */
                retryIntervals?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the event webhook.
                 * @example wh_01J9Z5A1B2C3D4E5F6G7H8J9KM
                 */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        attempts: {
                            afterSeconds: number;
                            /**
                             * Format: date-time
                             * @example 2026-03-02T08:15:30.250Z
                             */
                            at: string;
                            number: number;
                        }[];
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the event webhook.
                 * @example wh_01J9Z5A1B2C3D4E5F6G7H8J9KM
                 */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    /**
                     * @description Also taken as `overlap_days`.
                     * @default 1
                     */
                    overlapDays?: number;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Webhook"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the project.
                 * @example proj_01J9Z2A4C6E8G0J2L4N6P8R0TV
                 */
                project: string;
                /**
                 * @description Id of the event webhook.
                 * @example wh_01J9Z5A1B2C3D4E5F6G7H8J9KM
                 */
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueuedDelivery"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description Which page, from 1. */
                page?: number;
                /** @description Rows a page, 1 to 100; 20 without. Also taken as `page_size`. */
                pageSize?: number;
                /** @description In the label or the tags; or an id. */
                search?: string;
                /** @description In this state only. */
                status?: "pending" | "active" | "completed" | "expired";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["SessionRow"][];
                        page: number;
                        pageSize: number;
                        total: number;
                        totalPages: number;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    streamProjectSessionEvents: {
        parameters: {
            query?: {
                /** @description As the header `Last-Event-ID`: what came after it is sent again, for five minutes. Also taken as `last_event_id`. */
                lastEventId?: string;
                /** @description The credential, for an EventSource, which cannot send a header. */
                token?: string;
            };
            header?: {
                /** @description The id of the last event that arrived: what came after it is sent again, for five minutes. */
                "Last-Event-ID"?: string;
            };
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": Blob;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    pollNextImage: {
        parameters: {
            query?: {
                /** @description Seconds to wait, 0 to 30; 30 without. */
                timeout?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PolledImage"];
                };
            };
            /** @description Nothing came within the time. */
            204: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listRecentSessions: {
        parameters: {
            query?: {
                /** @description How many, at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionRow"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    checkSetupLink: {
        parameters: {
            query: {
                /** @description The credential, for an EventSource, which cannot send a header. */
                token: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SetupLink"];
                };
            };
            400: components["responses"]["BadRequest"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createOwner: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: email */
                    email: string;
                    locale?: string;
                    name: string;
                    password: string;
                    token: string;
                };
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeAccount"];
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getStats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewSession"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedSession"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    updateSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SessionChange"];
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    closeSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getDeliveryStatus: {
        parameters: {
            query?: {
                /** @description `lastChanged` of the answer before, as it came: waits until something changed since then. Also taken as `poll_from`. */
                pollFrom?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryStatus"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getUploadSessionsDetails: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        branding: {
                            color: string | null;
                            logoUrl: string | null;
                            name: string | null;
                            redirectUrl: string | null;
                            thankYou: string | null;
                        } | null;
                        completedAt: string | null;
                        /**
                         * Format: date-time
                         * @example 2026-03-02T08:15:30.250Z
                         */
                        createdAt: string;
                        destinations: {
                            id: string;
                            name: string;
                            type: string;
                        }[];
                        e2eDowngraded: boolean;
                        e2eEnabled: boolean;
                        e2ePublicKey: string | null;
                        e2eRequired: boolean;
                        effectiveAllowedMimeTypes: string[];
                        effectiveMaxImageDimension: number | null;
                        effectiveMaxImages: number;
                        env: string;
                        /**
                         * Format: date-time
                         * @example 2026-03-02T08:15:30.250Z
                         */
                        expiresAt: string;
                        id: string;
                        imagesPerSession: number;
                        imagesUploaded: number;
                        label: string | null;
                        longPolling: boolean;
                        maxImageSizeBytes: number;
                        metadata: {
                            [key: string]: unknown;
                        } | null;
                        password_protected: boolean;
                        /** @description What is done with the photos before they are stored. */
                        photos: {
                            downscale: boolean;
                            gps: string;
                            imageFormat: string;
                        };
                        projectName: string;
                        serverPublicKey: string;
                        shortUrl: string;
                        status: string;
                        tags: string[] | null;
                        uploadUrl: string;
                        uuid: string;
                    };
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    downloadImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the image.
                 * @example img_01J9Z4C2Y7F3H9K1M5N8P0QRST
                 */
                image: string;
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apertur.e2e+json": Blob;
                    "image/heic": Blob;
                    "image/jpeg": Blob;
                    "image/png": Blob;
                    "image/webp": Blob;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    acknowledgeImage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the image.
                 * @example img_01J9Z4C2Y7F3H9K1M5N8P0QRST
                 */
                image: string;
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        status: string;
                    };
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    pollImages: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        images: components["schemas"]["WaitingImage"][];
                    };
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSessionQr: {
        parameters: {
            query?: {
                /** @description Colour behind them: hex without `#`. */
                bg?: string;
                /** @description Colour of the frame; that of the modules without. Also taken as `border_color`. */
                borderColor?: string;
                /** @description A frame around the quiet zone, in pixels. Also taken as `border_size`. */
                borderSize?: number;
                /** @description Colour of the modules: hex without `#`. */
                fg?: string;
                /** @description `png`, `svg` or `jpeg`; `png` without. */
                format?: string;
                /** @description Width and height in pixels, 64 to 2048; 300 without. */
                size?: number;
                /** @description `square` or `rounded`. */
                style?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": Blob;
                    "image/png": Blob;
                    "image/svg+xml": Blob;
                };
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    shareSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    channel: "email" | "sms";
                    /** @description en, fr, es. Default: as Accept-Language says. */
                    lang?: string;
                    /** @description A few words in the mail. */
                    note?: string;
                    /** @description An e-mail address, or a phone number with its country code. */
                    recipient: string;
                    /** @description Must be true for sms: the person has agreed to get a text message. Also taken as `smsConsent`. */
                    sms_consent?: boolean;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Shared"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getWhereabouts: {
        parameters: {
            query?: {
                /** @description Ids of images, between commas. */
                images?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Whereabouts"];
                };
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    streamSessionEvents: {
        parameters: {
            query?: {
                /** @description As the header `Last-Event-ID`: what came after it is sent again, for five minutes. Also taken as `last_event_id`. */
                lastEventId?: string;
                /** @description The credential, for an EventSource, which cannot send a header. */
                token?: string;
            };
            header?: {
                /** @description The id of the last event that arrived: what came after it is sent again, for five minutes. */
                "Last-Event-ID"?: string;
            };
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": Blob;
                };
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    uploadImage: {
        parameters: {
            query?: never;
            header?: {
                /** @description The client's own name for the photo, 8 to 128 characters, such as a UUID: sent again under the same name, it is the same image and not a second one. Also as the form's field `upload_id`. */
                "Idempotency-Key"?: string;
                /** @description The photo is encrypted: with the key of the server (`default`) or of the project (`e2e`). */
                "X-Aptr-Encrypted"?: "default" | "e2e";
                /** @description Of a session with a password; percent-encoded UTF-8 is taken. */
                "x-session-password"?: string;
            };
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EncryptedImage"];
                "multipart/form-data": {
                    /**
                     * Format: binary
                     * @description The photo. Its type is read from its bytes, whatever the part says.
                     */
                    file: Blob;
                    /** @description Where it comes from; `camera` without. Before or after the file. */
                    source?: string;
                };
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadResult"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["SessionFull"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSessionLogo: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": Blob;
                    "image/png": Blob;
                    "image/webp": Blob;
                };
            };
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    createResumableUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description `return=representation`: the last answer carries the result as JSON. */
                Prefer?: string;
                /** @description The version of the protocol: 1.0.0. */
                "Tus-Resumable"?: string;
                /** @description Algorithm (sha256, sha1, md5) and digest as base64. */
                "Upload-Checksum"?: string;
                /** @description Bytes of the photo. */
                "Upload-Length"?: string;
                /** @description Names and values as base64, with commas. */
                "Upload-Metadata"?: string;
                /** @description Of a session with a password. */
                "x-session-password"?: string;
            };
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/offset+octet-stream": Blob;
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadResult"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["SessionFull"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    cancelResumableUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description The version of the protocol: 1.0.0. */
                "Tus-Resumable"?: string;
                /** @description Of a session with a password. */
                "x-session-password"?: string;
            };
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
                /**
                 * @description Id of the upload that is continued.
                 * @example upl_01J9Z9D2F4H6K8M0P2R4T6V8XZ
                 */
                upload: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. The answer has no body. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    continueResumableUpload: {
        parameters: {
            query?: never;
            header?: {
                /** @description `return=representation`: the last answer carries the result as JSON. */
                Prefer?: string;
                /** @description The version of the protocol: 1.0.0. */
                "Tus-Resumable"?: string;
                /** @description Algorithm (sha256, sha1, md5) and digest as base64. */
                "Upload-Checksum"?: string;
                /** @description Where the piece begins. */
                "Upload-Offset"?: string;
                /** @description Of a session with a password. */
                "x-session-password"?: string;
            };
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
                /**
                 * @description Id of the upload that is continued.
                 * @example upl_01J9Z9D2F4H6K8M0P2R4T6V8XZ
                 */
                upload: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/offset+octet-stream": Blob;
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UploadResult"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["SessionFull"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    verifySessionPassword: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                session: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    password: string;
                };
            };
        };
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        valid: boolean;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["PayloadTooLarge"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listUploads: {
        parameters: {
            query?: {
                /** @description Which page, from 1. */
                page?: number;
                /** @description Rows a page, 1 to 100; 20 without. Also taken as `page_size`. */
                pageSize?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        data: components["schemas"]["Upload"][];
                        page: number;
                        pageSize: number;
                        total: number;
                        totalPages: number;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getUpload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the image.
                 * @example img_01J9Z4C2Y7F3H9K1M5N8P0QRST
                 */
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the destination.
                 * @example dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ
                 */
                destination: string;
                /**
                 * @description Id of the image.
                 * @example img_01J9Z4C2Y7F3H9K1M5N8P0QRST
                 */
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    retryDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Id of the destination.
                 * @example dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ
                 */
                destination: string;
                /**
                 * @description Id of the image.
                 * @example img_01J9Z4C2Y7F3H9K1M5N8P0QRST
                 */
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        message: string;
                    };
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    downloadUpload: {
        parameters: {
            query?: {
                /** @description Of a signed link: until when it opens, in Unix seconds. */
                expires?: number;
                /** @description Of a signed link. */
                signature?: string;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the image.
                 * @example img_01J9Z4C2Y7F3H9K1M5N8P0QRST
                 */
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/vnd.apertur.e2e+json": Blob;
                    "image/heic": Blob;
                    "image/jpeg": Blob;
                    "image/png": Blob;
                    "image/webp": Blob;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    getThumbnail: {
        parameters: {
            query?: {
                /** @description Of a signed link: until when it opens, in Unix seconds. */
                expires?: number;
                /** @description webp or jpeg. Default: webp for who accepts it. */
                format?: string;
                /** @description Of a signed link. */
                signature?: string;
                /** @description Pixels of the longer side; the next of 160, 320, 640, 1280. Default 320. */
                size?: number;
            };
            header?: never;
            path: {
                /**
                 * @description Id of the image.
                 * @example img_01J9Z4C2Y7F3H9K1M5N8P0QRST
                 */
                image: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "image/jpeg": Blob;
                    "image/webp": Blob;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["Gone"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    listRecentUploads: {
        parameters: {
            query?: {
                /** @description How many, at most. */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Done. */
            200: {
                headers: {
                    "X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
                    "X-RateLimit-Remaining": components["headers"]["X-RateLimit-Remaining"];
                    "X-RateLimit-Reset": components["headers"]["X-RateLimit-Reset"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Upload"][];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooManyRequests"];
            503: components["responses"]["ServiceUnavailable"];
        };
    };
    onImageDelivery: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description Also sent as `X-Aptr-Signature`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description The same at every attempt: what has it already was delivered before.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-APTR-Delivery-ID": string;
                /**
                 * @description The image.
                 * @example img_01J9Z4C2Y7F3H9K1M5N8P0QRST
                 */
                "X-Aptr-Image-Id": string;
                /**
                 * @description Its place in the session, from 0.
                 * @example 0
                 */
                "X-Aptr-Image-Index": string;
                /**
                 * @description The session.
                 * @example sess_01J9Z3V7Q2M8D4K6T1R5W0XABC
                 */
                "X-Aptr-Session-Id": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "session_id": "sess_01J9Z3V7Q2M8D4K6T1R5W0XABC",
                 *       "image_id": "img_01J9Z4C2Y7F3H9K1M5N8P0QRST",
                 *       "image_index": 0,
                 *       "mime_type": "image/jpeg",
                 *       "filename": "roof.jpg",
                 *       "size_bytes": 482113,
                 *       "data": "/9j/4AAQ…",
                 *       "tags": {
                 *         "ticket": "T-77"
                 *       }
                 *     }
                 */
                "application/json": components["schemas"]["ImageDelivery"];
                "application/octet-stream": Blob;
                "multipart/form-data": {
                    /**
                     * Format: binary
                     * @description The photo.
                     */
                    image: Blob;
                } & {
                    [key: string]: string;
                };
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onProjectBillingPlanChanged: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The same at every attempt.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-Apertur-Delivery-Id": string;
                /**
                 * @description The topic.
                 * @example project.upload.completed
                 */
                "X-Apertur-Event": string;
                /**
                 * @description Hex, lower case, behind `sha256=`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description When it was signed, in Unix seconds.
                 * @example 1800000000
                 */
                "X-Apertur-Timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": "project.billing.plan_changed",
                 *       "project_id": "proj_01J9Z2A4C6E8G0J2L4N6P8R0TV",
                 *       "data": {
                 *         "old_plan": "free",
                 *         "new_plan": "pro",
                 *         "effective_at": "2026-03-02T08:15:30.250Z"
                 *       },
                 *       "timestamp": "2026-03-02T08:15:30.250Z",
                 *       "id": "evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY",
                 *       "topic": "project.billing.plan_changed"
                 *     }
                 */
                "application/json": components["schemas"]["ProjectBillingPlanChangedEvent"];
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onProjectSessionCompleted: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The same at every attempt.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-Apertur-Delivery-Id": string;
                /**
                 * @description The topic.
                 * @example project.upload.completed
                 */
                "X-Apertur-Event": string;
                /**
                 * @description Hex, lower case, behind `sha256=`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description When it was signed, in Unix seconds.
                 * @example 1800000000
                 */
                "X-Apertur-Timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": "project.session.completed",
                 *       "project_id": "proj_01J9Z2A4C6E8G0J2L4N6P8R0TV",
                 *       "data": {
                 *         "session_id": "sess_01J9Z3V7Q2M8D4K6T1R5W0XABC"
                 *       },
                 *       "timestamp": "2026-03-02T08:15:30.250Z",
                 *       "id": "evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY",
                 *       "topic": "project.session.completed"
                 *     }
                 */
                "application/json": components["schemas"]["ProjectSessionCompletedEvent"];
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onProjectSessionCreated: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The same at every attempt.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-Apertur-Delivery-Id": string;
                /**
                 * @description The topic.
                 * @example project.upload.completed
                 */
                "X-Apertur-Event": string;
                /**
                 * @description Hex, lower case, behind `sha256=`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description When it was signed, in Unix seconds.
                 * @example 1800000000
                 */
                "X-Apertur-Timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": "project.session.created",
                 *       "project_id": "proj_01J9Z2A4C6E8G0J2L4N6P8R0TV",
                 *       "data": {
                 *         "session_id": "sess_01J9Z3V7Q2M8D4K6T1R5W0XABC",
                 *         "expires_at": "2026-03-02T09:15:30.250Z",
                 *         "max_images": 10,
                 *         "destinations": [
                 *           "dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ"
                 *         ],
                 *         "tags": [
                 *           "ticket:T-77"
                 *         ]
                 *       },
                 *       "timestamp": "2026-03-02T08:15:30.250Z",
                 *       "id": "evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY",
                 *       "topic": "project.session.created"
                 *     }
                 */
                "application/json": components["schemas"]["ProjectSessionCreatedEvent"];
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onProjectSessionExpired: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The same at every attempt.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-Apertur-Delivery-Id": string;
                /**
                 * @description The topic.
                 * @example project.upload.completed
                 */
                "X-Apertur-Event": string;
                /**
                 * @description Hex, lower case, behind `sha256=`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description When it was signed, in Unix seconds.
                 * @example 1800000000
                 */
                "X-Apertur-Timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": "project.session.expired",
                 *       "project_id": "proj_01J9Z2A4C6E8G0J2L4N6P8R0TV",
                 *       "data": {
                 *         "session_id": "sess_01J9Z3V7Q2M8D4K6T1R5W0XABC",
                 *         "expires_at": "2026-03-02T09:15:30.250Z",
                 *         "images_count": 3
                 *       },
                 *       "timestamp": "2026-03-02T08:15:30.250Z",
                 *       "id": "evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY",
                 *       "topic": "project.session.expired"
                 *     }
                 */
                "application/json": components["schemas"]["ProjectSessionExpiredEvent"];
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onProjectUploadCompleted: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The same at every attempt.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-Apertur-Delivery-Id": string;
                /**
                 * @description The topic.
                 * @example project.upload.completed
                 */
                "X-Apertur-Event": string;
                /**
                 * @description Hex, lower case, behind `sha256=`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description When it was signed, in Unix seconds.
                 * @example 1800000000
                 */
                "X-Apertur-Timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": "project.upload.completed",
                 *       "project_id": "proj_01J9Z2A4C6E8G0J2L4N6P8R0TV",
                 *       "data": {
                 *         "session_id": "sess_01J9Z3V7Q2M8D4K6T1R5W0XABC",
                 *         "image_id": "img_01J9Z4C2Y7F3H9K1M5N8P0QRST",
                 *         "filename": "roof.jpg",
                 *         "size_bytes": 482113,
                 *         "mime_type": "image/jpeg",
                 *         "tags": [
                 *           "ticket:T-77"
                 *         ]
                 *       },
                 *       "timestamp": "2026-03-02T08:15:30.250Z",
                 *       "id": "evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY",
                 *       "topic": "project.upload.completed"
                 *     }
                 */
                "application/json": components["schemas"]["ProjectUploadCompletedEvent"];
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onProjectUploadFailed: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The same at every attempt.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-Apertur-Delivery-Id": string;
                /**
                 * @description The topic.
                 * @example project.upload.completed
                 */
                "X-Apertur-Event": string;
                /**
                 * @description Hex, lower case, behind `sha256=`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description When it was signed, in Unix seconds.
                 * @example 1800000000
                 */
                "X-Apertur-Timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": "project.upload.failed",
                 *       "project_id": "proj_01J9Z2A4C6E8G0J2L4N6P8R0TV",
                 *       "data": {
                 *         "session_id": "sess_01J9Z3V7Q2M8D4K6T1R5W0XABC",
                 *         "image_id": "img_01J9Z4C2Y7F3H9K1M5N8P0QRST",
                 *         "filename": "roof.jpg",
                 *         "size_bytes": 482113,
                 *         "mime_type": "image/jpeg",
                 *         "tags": [
                 *           "ticket:T-77"
                 *         ],
                 *         "destination_id": "dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ",
                 *         "error": "The receiver answered 500."
                 *       },
                 *       "timestamp": "2026-03-02T08:15:30.250Z",
                 *       "id": "evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY",
                 *       "topic": "project.upload.failed"
                 *     }
                 */
                "application/json": components["schemas"]["ProjectUploadFailedEvent"];
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onProjectUploadStarted: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The same at every attempt.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-Apertur-Delivery-Id": string;
                /**
                 * @description The topic.
                 * @example project.upload.completed
                 */
                "X-Apertur-Event": string;
                /**
                 * @description Hex, lower case, behind `sha256=`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description When it was signed, in Unix seconds.
                 * @example 1800000000
                 */
                "X-Apertur-Timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": "project.upload.started",
                 *       "project_id": "proj_01J9Z2A4C6E8G0J2L4N6P8R0TV",
                 *       "data": {
                 *         "session_id": "sess_01J9Z3V7Q2M8D4K6T1R5W0XABC",
                 *         "image_id": "img_01J9Z4C2Y7F3H9K1M5N8P0QRST",
                 *         "filename": "roof.jpg",
                 *         "size_bytes": 482113,
                 *         "mime_type": "image/jpeg",
                 *         "tags": [
                 *           "ticket:T-77"
                 *         ]
                 *       },
                 *       "timestamp": "2026-03-02T08:15:30.250Z",
                 *       "id": "evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY",
                 *       "topic": "project.upload.started"
                 *     }
                 */
                "application/json": components["schemas"]["ProjectUploadStartedEvent"];
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onProjectWebhookDisabled: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The same at every attempt.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-Apertur-Delivery-Id": string;
                /**
                 * @description The topic.
                 * @example project.upload.completed
                 */
                "X-Apertur-Event": string;
                /**
                 * @description Hex, lower case, behind `sha256=`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description When it was signed, in Unix seconds.
                 * @example 1800000000
                 */
                "X-Apertur-Timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": "project.webhook.disabled",
                 *       "project_id": "proj_01J9Z2A4C6E8G0J2L4N6P8R0TV",
                 *       "data": {
                 *         "webhook_id": "wh_01J9Z5A1B2C3D4E5F6G7H8J9KM",
                 *         "url": "https://shop.example/…",
                 *         "consecutive_failures": 10,
                 *         "disable_after_failures": 10,
                 *         "last_error": "HTTP 500",
                 *         "reason": "failures",
                 *         "disabled_at": "2026-03-02T08:15:30.250Z"
                 *       },
                 *       "timestamp": "2026-03-02T08:15:30.250Z",
                 *       "id": "evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY",
                 *       "topic": "project.webhook.disabled"
                 *     }
                 */
                "application/json": components["schemas"]["ProjectWebhookDisabledEvent"];
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onProjectWebhookFailing: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The same at every attempt.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-Apertur-Delivery-Id": string;
                /**
                 * @description The topic.
                 * @example project.upload.completed
                 */
                "X-Apertur-Event": string;
                /**
                 * @description Hex, lower case, behind `sha256=`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description When it was signed, in Unix seconds.
                 * @example 1800000000
                 */
                "X-Apertur-Timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": "project.webhook.failing",
                 *       "project_id": "proj_01J9Z2A4C6E8G0J2L4N6P8R0TV",
                 *       "data": {
                 *         "webhook_id": "wh_01J9Z5A1B2C3D4E5F6G7H8J9KM",
                 *         "url": "https://shop.example/…",
                 *         "consecutive_failures": 5,
                 *         "disable_after_failures": 10,
                 *         "last_error": "HTTP 500"
                 *       },
                 *       "timestamp": "2026-03-02T08:15:30.250Z",
                 *       "id": "evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY",
                 *       "topic": "project.webhook.failing"
                 *     }
                 */
                "application/json": components["schemas"]["ProjectWebhookFailingEvent"];
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onWebhookTest: {
        parameters: {
            query?: never;
            header: {
                /**
                 * @description The same at every attempt.
                 * @example del_01J9Z6H1J2K3M4N5P6Q7R8S9TV
                 */
                "X-Apertur-Delivery-Id": string;
                /**
                 * @description The topic.
                 * @example project.upload.completed
                 */
                "X-Apertur-Event": string;
                /**
                 * @description Hex, lower case, behind `sha256=`.
                 * @example sha256=a361f088b9b290bba361f088b9b290bba361f088b9b290bba361f088b9b290bb
                 */
                "X-Apertur-Signature": string;
                /**
                 * @description When it was signed, in Unix seconds.
                 * @example 1800000000
                 */
                "X-Apertur-Timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "event": "webhook.test",
                 *       "project_id": "proj_01J9Z2A4C6E8G0J2L4N6P8R0TV",
                 *       "data": {
                 *         "webhook_id": "wh_01J9Z5A1B2C3D4E5F6G7H8J9KM",
                 *         "message": "This is a test event from Apertur."
                 *       },
                 *       "timestamp": "2026-03-02T08:15:30.250Z",
                 *       "id": "evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY",
                 *       "topic": "webhook.test"
                 *     }
                 */
                "application/json": components["schemas"]["WebhookTestEvent"];
            };
        };
        responses: {
            /** @description Received. Anything else, or nothing within 30 seconds, is tried again. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Tried again like every failure; 410 switches an event webhook off. */
            "4XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
