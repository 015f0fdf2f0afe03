/** Examples of the OpenAPI document, by operation: those of the contract. A test holds them against the schemas. */

export interface Example {
  summary?: string;
  value: unknown;
}

interface Examples {
  /** Named request bodies. */
  body?: Record<string, Example>;
  /** One answer a status. */
  answers?: Record<number, unknown>;
}

const session = 'sess_01J9Z3V7Q2M8D4K6T1R5W0XABC';
const image = 'img_01J9Z4C2Y7F3H9K1M5N8P0QRST';
const project = 'proj_01J9Z2A4C6E8G0J2L4N6P8R0TV';
const destination = 'dest_01J9Z2D4F6H8K0M2P4R6T8V0XZ';
const origin = 'https://api.aptr.ca';
const publicKey = '-----BEGIN PUBLIC KEY-----\nMIIB…\n-----END PUBLIC KEY-----\n';

const sessionView = {
  id: session,
  uuid: session,
  status: 'active',
  expiresAt: '2026-03-03T08:15:30.250Z',
  tags: ['order:456'],
  imagesPerSession: 30,
  effectiveMaxImages: 5,
  effectiveAllowedMimeTypes: ['image/jpeg', 'image/png'],
  effectiveMaxImageDimension: null,
  password_protected: false,
  serverPublicKey: publicKey,
  e2eEnabled: false,
  e2ePublicKey: null,
  e2eDowngraded: false,
  e2eRequired: false,
  imagesUploaded: 3,
  maxImageSizeBytes: 20_971_520,
  projectName: 'Claims',
  branding: null,
  photos: { gps: 'keep', imageFormat: 'original', downscale: false },
  env: 'live',
};

const sessionRow = {
  id: session,
  createdAt: '2026-03-02T08:15:30.250Z',
  expiresAt: '2026-03-03T08:15:30.250Z',
  status: 'active',
  projectId: project,
  projectName: 'Claims',
  imagesCount: 3,
  imagesDelivered: 2,
  imagesFailed: 0,
  destinationsCount: 1,
  tags: null,
  longPollingEnabled: false,
  label: null,
  env: 'live',
};

const upload = {
  id: image,
  filename: 'roof.jpg',
  sizeBytes: 482_113,
  mimeType: 'image/jpeg',
  source: 'camera',
  isEncrypted: false,
  env: 'live',
  createdAt: '2026-03-02T08:16:40.901Z',
  sessionId: session,
  projectId: project,
  projectName: 'Claims',
  destinationsTotal: 2,
  destinationsDelivered: 1,
  destinationsFailed: 1,
  destinationsBreakdown: [
    { type: 's3', count: 1 },
    { type: 'webhook', count: 1 },
  ],
  status: 'partial',
  hasThumbnail: false,
  thumbnailUrl: null,
};

const storedDestination = {
  id: destination,
  type: 'azure_blob',
  name: 'Photo archive',
  config: {
    account_name: 'acme',
    container_name: 'photos',
    sas_token: '••••••••',
    blob_template: 'in/{session_id}/{image_index}.{ext}',
  },
  isActive: true,
  createdAt: '2026-03-02T08:00:00.000Z',
  updatedAt: '2026-03-02T08:00:00.000Z',
};

const azureSettings = {
  account_name: 'acme',
  container_name: 'photos',
  sas_token: 'sv=2024&sig=abc',
  blob_template: 'in/{session_id}/{image_index}.{ext}',
};

const webhook = {
  id: 'wh_01J9Z5A1B2C3D4E5F6G7H8J9KM',
  projectId: project,
  url: 'https://shop.example/events',
  secret: '8f1d4c6ba2e93075d1c0fe4b7a695821',
  signatureMethod: 'hmac_sha256',
  topics: ['project.upload.*', 'project.billing.plan_changed'],
  isActive: true,
  maxRetries: 5,
  retryIntervals: [30, 60, 300, 900, 3600],
  disableAfterFailures: 10,
  consecutiveFailures: 0,
  customHeaders: {},
  disabledAt: null,
  disabledReason: null,
  maxInFlight: null,
  rateLimit: null,
  ordered: false,
  previousSecretUntil: null,
  heldDeliveries: 0,
  createdAt: '2026-03-02T08:01:00.000Z',
  updatedAt: '2026-03-02T08:01:00.000Z',
};

const webhookDelivery = {
  id: 'del_01J9Z6H1J2K3M4N5P6Q7R8S9TV',
  eventLogId: 'evt_01J9Z6M3N5P7Q9R1S3T5V7W9XY',
  topic: 'project.upload.completed',
  status: 'failed',
  held: false,
  attempts: 6,
  responseCode: 500,
  responseBody: 'oops',
  durationMs: 212,
  lastError: 'HTTP 500',
  nextRetryAt: null,
  createdAt: '2026-03-02T08:18:00.000Z',
  updatedAt: '2026-03-02T09:40:11.020Z',
};

const key = {
  id: 'key_01J9Z2K4M6P8R0T2V4X6Z8B0DF',
  prefix: 'aptr_test_9fQ2',
  label: 'CI',
  env: 'test',
  isActive: true,
  lastUsedAt: null,
  maxImages: null,
  allowedMimeTypes: [],
  maxImageDimension: null,
  longPollingEnabled: false,
  defaultDestinations: [],
  allowedIps: [],
  allowedDomains: [],
  totpEnabled: false,
  clientCertEnabled: false,
  clientCertFingerprint: null,
  signingEnabled: false,
  signatureRequired: false,
  createdAt: '2026-03-02T08:00:00.000Z',
};

const page = (row: unknown) => ({ data: [row], total: 1, page: 1, pageSize: 20, totalPages: 1 });

/** The body of an image delivery as JSON. */
export const jsonDelivery = {
  session_id: session,
  image_id: image,
  image_index: 0,
  mime_type: 'image/jpeg',
  filename: 'roof.jpg',
  size_bytes: 482_113,
  data: '/9j/4AAQ…',
  tags: { ticket: 'T-77' },
};

export const examples: Record<string, Examples> = {
  createSession: {
    body: {
      defaults: { summary: 'All defaults', value: {} },
      limits: {
        summary: 'With limits, tags and a password',
        value: {
          destination_ids: [destination],
          tags: ['order:456'],
          expires_in_hours: 24,
          max_images: 5,
          allowed_mime_types: ['image/jpeg', 'image/png'],
          password: 'open sesame',
        },
      },
      webhook: {
        summary: 'Straight to a webhook, in the older style',
        value: {
          delivery_mode: 'webhook',
          webhook_url: 'https://shop.example/hooks/photo',
          webhook_format: 'json_base64',
          expires_in: 1800,
          max_images: 1,
          tags: { ticket: 'T-77' },
        },
      },
    },
    answers: {
      201: {
        id: session,
        uuid: session,
        upload_url: `https://apertur.ca/u/${session}`,
        short_url: 'https://aptr.ca/7Gk2p',
        qr_url: `${origin}/api/v1/upload-sessions/${session}/qr`,
        qr_specs: {
          endpoint: `${origin}/api/v1/upload-sessions/${session}/qr`,
          formats: ['png', 'svg', 'jpeg'],
          params: {
            format: 'png | svg | jpeg',
            size: '64-2048',
            style: 'square | rounded',
            fg: 'hex without #',
            bg: 'hex without #',
            borderSize: 'pixels',
            borderColor: 'hex without #',
          },
        },
        destinations: [{ id: destination, type: 's3', name: 'Claims bucket' }],
        long_polling: false,
        expires_at: '2026-03-03T08:15:30.250Z',
        password_protected: true,
        env: 'live',
      },
    },
  },
  getSession: { answers: { 200: sessionView } },
  updateSession: {
    body: {
      longer: { summary: 'A later end', value: { expires_at: '2026-03-04T08:15:30.250Z' } },
      open: { summary: 'Without its password', value: { password: null } },
    },
    answers: { 200: sessionView },
  },
  listSessions: { answers: { 200: page(sessionRow) } },
  listRecentSessions: { answers: { 200: [sessionRow] } },
  verifySessionPassword: {
    body: { password: { value: { password: 'open sesame' } } },
    answers: { 200: { valid: false } },
  },
  getDeliveryStatus: {
    answers: {
      200: {
        status: 'active',
        files: [
          {
            record_id: image,
            filename: 'roof.jpg',
            size_bytes: 482_113,
            has_thumbnail: false,
            destinations: [
              {
                destination_id: destination,
                type: 's3',
                name: 'Claims bucket',
                status: 'retrying',
                attempts: 2,
                last_error: 'connect timeout',
              },
            ],
          },
        ],
        lastChanged: '2026-03-02T08:17:02.114Z',
      },
    },
  },
  uploadImage: {
    body: {
      encrypted: {
        summary: 'Encrypted, with the header X-Aptr-Encrypted: default',
        value: {
          encryptedKey: 'r0Vq…==',
          iv: 'q3J0c2E0bGs5eHpQ',
          encryptedData: '9b1f…',
          algorithm: 'RSA-OAEP+AES-256-GCM',
          filename: 'roof.jpg',
          mimeType: 'image/jpeg',
          source: 'sdk',
        },
      },
    },
    answers: {
      201: { id: image, filename: 'roof.jpg', size_bytes: 482_113, destinations: 2, long_polling: false },
    },
  },
  getWhereabouts: {
    answers: {
      200: {
        images: [
          {
            imageId: image,
            places: [
              {
                destinationId: destination,
                destinationName: 'Claims bucket',
                state: 'delivered',
                verifiedBy: 'hash',
                nextAttemptAt: null,
                held: false,
              },
            ],
          },
        ],
      },
    },
  },
  listUploads: { answers: { 200: page(upload) } },
  listRecentUploads: { answers: { 200: [upload] } },
  getUpload: { answers: { 200: upload } },
  pollImages: {
    answers: {
      200: {
        images: [
          {
            id: image,
            filename: 'roof.jpg',
            size_bytes: 482_113,
            mime_type: 'image/jpeg',
            source: 'camera',
            created_at: '2026-03-02T08:16:40.901Z',
          },
        ],
      },
    },
  },
  pollNextImage: {
    answers: {
      200: {
        image_id: image,
        id: image,
        image_index: 0,
        session_id: session,
        filename: 'roof.jpg',
        mime_type: 'image/jpeg',
        size_bytes: 482_113,
        source: 'camera',
        tags: ['order:456'],
        created_at: '2026-03-02T08:16:40.901Z',
        download_url: `${origin}/api/v1/images/${image}/download`,
        ack_url: `${origin}/api/v1/images/${image}/ack`,
      },
    },
  },
  acknowledgeImage: { answers: { 200: { status: 'acknowledged' } } },
  listDestinations: { answers: { 200: [storedDestination] } },
  createDestination: {
    body: {
      nested: {
        summary: 'Settings in config',
        value: { type: 'azure_blob', name: 'Photo archive', config: azureSettings },
      },
      flat: { summary: 'Settings beside the type', value: { type: 'azure_blob', ...azureSettings } },
    },
    answers: { 201: storedDestination },
  },
  getDestination: { answers: { 200: storedDestination } },
  updateDestination: {
    body: {
      template: {
        summary: 'One setting; the others stay',
        value: { config: { blob_template: 'in/{date}/{image_id}.{ext}' } },
      },
      off: { summary: 'Switched off', value: { isActive: false } },
    },
    answers: { 200: storedDestination },
  },
  testDestination: {
    answers: {
      200: {
        success: false,
        status: 403,
        error: 'AccessDenied on PutObject',
        message: 'The bucket refused the write',
        steps: [
          { step: 'write', outcome: 'failed', durationMs: 84, message: 'The bucket refused the write' },
        ],
      },
    },
  },
  listKeys: { answers: { 200: [key] } },
  createKey: {
    body: { named: { value: { label: 'CI', env: 'test' } } },
    answers: {
      201: {
        key,
        plainTextKey: 'aptr_test_9fQ2mB7cX4tL1vN8pR5sW0yZ3dG6hJkA',
        id: key.id,
        plain_text_key: 'aptr_test_9fQ2mB7cX4tL1vN8pR5sW0yZ3dG6hJkA',
      },
    },
  },
  updateKey: {
    body: {
      off: { summary: 'Switched off', value: { isActive: false } },
      office: { summary: 'From one network only', value: { allowedIps: ['203.0.113.0/24'] } },
    },
    answers: { 200: key },
  },
  setKeyDestinations: {
    body: { both: { value: { destination_ids: [destination], long_polling_enabled: true } } },
    answers: {
      200: {
        destinations: [{ id: destination, type: 's3', name: 'Claims bucket', isActive: true }],
        longPollingEnabled: true,
      },
    },
  },
  listWebhooks: { answers: { 200: [webhook] } },
  createWebhook: {
    body: {
      uploads: {
        value: { url: 'https://shop.example/events', topics: ['project.upload.*'], maxRetries: 5 },
      },
    },
    answers: { 201: webhook },
  },
  updateWebhook: { body: { off: { value: { isActive: false } } }, answers: { 200: webhook } },
  testWebhook: { answers: { 200: { message: 'Test event sent', deliveryId: webhookDelivery.id } } },
  listWebhookDeliveries: {
    answers: {
      200: { deliveries: [webhookDelivery], data: [webhookDelivery], total: 1, page: 1, limit: 20 },
    },
  },
  retryWebhookDelivery: {
    answers: { 200: { message: 'Delivery queued for retry', deliveryId: webhookDelivery.id } },
  },
  getServerKey: { answers: { 200: { publicKey, public_key: publicKey } } },
  getStats: {
    answers: {
      200: {
        sessionsThisMonth: 41,
        sessionsTotal: 310,
        imagesUploaded: 1204,
        imagesDelivered: 1187,
        deliverySuccessRate: 98.6,
        totalProjects: 1,
        activeKeys: 3,
        topProjects: [{ id: project, name: 'Claims', sessions: 28 }],
      },
    },
  },
};
