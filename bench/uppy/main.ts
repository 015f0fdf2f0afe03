/// <reference types="vite/client" />
/** What a project would put in front of people otherwise: Uppy's dashboard, sending over tus. */
import Uppy from '@uppy/core';
import Dashboard from '@uppy/dashboard';
import Tus from '@uppy/tus';
import '@uppy/core/css/style.min.css';
import '@uppy/dashboard/css/style.min.css';

new Uppy({ restrictions: { allowedFileTypes: ['image/*'] } })
  .use(Dashboard, { inline: true, target: '#page', width: '100%' })
  .use(Tus, { endpoint: '/files/' });
