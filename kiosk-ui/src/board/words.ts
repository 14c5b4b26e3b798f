import type { Tables } from '../shared/i18n';

type Key =
  | 'title' | 'ticket' | 'plate' | 'state' | 'bay' | 'promised' | 'progress'
  | 'late' | 'empty' | 'page' | 'footer' | 'hidden' | 'fault';

export const words: Tables<Key> = {
  'zh-Hans': {
    title: '车辆进度', ticket: '票号', plate: '车牌', state: '状态', bay: '工位', promised: '预计交车', progress: '进度',
    late: '时间有变，请到前台询问', empty: '目前没有等候的车辆', page: '第 {n} / {of} 页', footer: '有任何问题，请到前台，我们随时为您服务。',
    hidden: '按票号', fault: '设备提示，请联系工作人员',
  },
  'zh-Hant': {
    title: '車輛進度', ticket: '票號', plate: '車牌', state: '狀態', bay: '工位', promised: '預計交車', progress: '進度',
    late: '時間有變，請向櫃檯查詢', empty: '目前沒有等候的車輛', page: '第 {n} / {of} 頁', footer: '如有任何疑問，歡迎到櫃檯，我們樂意協助。',
    hidden: '按票號', fault: '設備提示，請聯絡職員',
  },
  en: {
    title: 'Your cars', ticket: 'Ticket', plate: 'Plate', state: 'State', bay: 'Bay', promised: 'Promised', progress: 'Progress',
    late: 'new time: ask at the desk', empty: 'No cars are waiting', page: 'Page {n} of {of}', footer: 'Any question? We are at the desk and glad to help.',
    hidden: 'by ticket', fault: 'A device needs our staff',
  },
};
