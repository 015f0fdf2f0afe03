/** One icon a kind of destination. */
import {
  IconBell,
  IconBox,
  IconBrandAws,
  IconBrandAzure,
  IconBrandDropbox,
  IconBrandGoogleDrive,
  IconBrandOnedrive,
  IconBuildingStore,
  IconCloud,
  IconFolder,
  IconServer,
  IconWebhook,
  IconWorldUpload,
} from '@tabler/icons-react';

const icons: Record<string, typeof IconBox> = {
  webhook: IconWebhook,
  event_webhook: IconBell,
  s3: IconBrandAws,
  azure_blob: IconBrandAzure,
  gcs: IconCloud,
  ftp: IconServer,
  sftp: IconServer,
  webdav: IconWorldUpload,
  google_drive: IconBrandGoogleDrive,
  dropbox: IconBrandDropbox,
  onedrive: IconBrandOnedrive,
  box: IconBox,
  odoo: IconBuildingStore,
  local: IconFolder,
};

export function KindIcon({ kind, size = 22 }: { kind: string; size?: number }) {
  const Icon = icons[kind] ?? IconCloud;
  return (
    <span className="kind-icon">
      <Icon size={size} stroke={1.6} aria-hidden="true" />
    </span>
  );
}
